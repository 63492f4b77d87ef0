/**
 * The destination takes the disks in, and starts the guest if it ran before. From then on its copy is the guest; until then the
 * source's is. Its frames go there first: nobody runs that could miss them.
 */
import { isAway, reach } from '../../agents/reach.ts';
import { specOf } from '../../guest/guest-flows.ts';
import { flipForwarding } from '../../network/forward.ts';
import { NothingHappened } from '../../run-phases.ts';
import type { Services } from '../../services.ts';
import { CALL_TIMEOUT_MS, idOf, isGone, PATIENCE_MS } from '../calls.ts';
import { decideBack } from '../give-back.ts';
import type { Make, MigrateState } from '../state.ts';

const START_MS = 180_000;

export const cutoverCold: Make = (services) => ({
  name: 'cutover',
  noReturn: true,
  async do({ state, save }) {
    const { store, agents } = services;
    const { guest, source, destination, cold } = state;
    if (cold?.files === undefined) throw new NothingHappened('migrate.not-copied', 'The copy has not ended.');
    const { wasRunning, files } = cold;
    const wish = { ...idOf(state), spec: specOf(store.guests.get(guest)), files, start: wasRunning };
    const moved = store.guests.get(guest);
    save({ handed: true });
    const forwardingMs = await follow(services, () =>
      flipForwarding(services, { ...moved, host: source }, destination),
    );
    const adopt = () =>
      agents.call(destination, 'cold.adopt', wish, { timeoutMs: START_MS + CALL_TIMEOUT_MS });
    try {
      await reach(adopt, PATIENCE_MS);
    } catch (error) {
      if (!isGone(error)) {
        if (isAway(error) || (await hasCome(services, state))) throw error;
        await callOff(services, state, save);
      }
      save({ handed: false });
      await follow(services, () => flipForwarding(services, { ...moved, host: destination }, source));
      const message = `${guest} could not be started on ${destination}.`;
      throw new NothingHappened('migrate.finish-failed', message, { kind: 'rolled-back', cause: error });
    }
    const upAt = wasRunning ? { upAt: Date.now() } : {};
    save({ finished: { cookie: '', handoverMs: 0, forwardingMs }, cold: { ...cold, ...upAt } });
    store.guests.update(guest, { host: destination });
  },
});

/** The network follows the guest; it never keeps it from going. */
async function follow({ log }: Services, flip: () => Promise<number | null>): Promise<number | null> {
  try {
    return await flip();
  } catch (error) {
    log.error({ err: error }, 'forwarding not changed');
    return null;
  }
}

/** An answer that is not about the way: it is up there, or is not. */
async function hasCome({ agents }: Services, state: MigrateState): Promise<boolean> {
  const { guest } = await reach(
    () => agents.call(state.destination, 'migrate.status', idOf(state)),
    PATIENCE_MS,
  );
  return guest !== 'stopped' && guest !== 'absent';
}

/**
 * An adopt whose answer was lost may still be on its way: before the guest may run at its source again, the destination has
 * nothing left that could be taken in. @throws BlanketError `migrate.running-here`, and while the destination cannot be reached
 */
async function callOff(
  services: Services,
  state: MigrateState,
  save: (change: Partial<MigrateState>) => void,
): Promise<void> {
  const lease = decideBack(services, state.guest);
  save({ lease });
  const { agents } = services;
  const wish = { ...idOf(state), lease };
  const options = { timeoutMs: CALL_TIMEOUT_MS };
  await reach(() => agents.call(state.destination, 'migrate.discard', wish, options), PATIENCE_MS);
}
