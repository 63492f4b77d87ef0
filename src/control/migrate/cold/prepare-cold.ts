/** What can be done before the guest is stopped is done before; then it is shut down, and nobody can start it. */
import { BlanketError } from '../../../wire/errors.ts';
import { reach } from '../../agents/reach.ts';
import { syncGuestNetworks } from '../../guest/guest-flows.ts';
import type { Services } from '../../services.ts';
import { ensureImage } from '../../storage/ensure-image.ts';
import { CALL_TIMEOUT_MS, idOf, PATIENCE_MS } from '../calls.ts';
import { withinTotal } from '../deadline.ts';
import { giveBack } from '../give-back.ts';
import type { Make, MigrateState } from '../state.ts';
import { coldOf } from './is-cold.ts';

/** As with `blanket guest stop`. */
const SHUTDOWN_MS = 60_000;
const START_MS = 180_000;

export const prepareCold: Make = (services) => ({
  name: 'prepare',
  async do({ state, save, progress, signal }) {
    const { store, agents } = services;
    const { source, destination, guest: name } = state;
    const guest = store.guests.get(name);
    await Promise.all([
      withinTotal(services, state, ensureImage(services, destination, guest.digest, { progress, signal })),
      syncGuestNetworks(services, guest, destination),
    ]);
    await refuseOldAgents(services, state);
    const { wasRunning } = coldOf(state);
    // asked again after a restart of control, nobody may touch what is held there already
    const { state: now } = await agents.call(source, 'guest.view', { name });
    if (wasRunning && now !== 'stopped') {
      progress({ message: 'shutting the guest down' });
      save({ cold: { wasRunning, downAt: Date.now() } });
      const wish = { name, force: false, timeoutMs: SHUTDOWN_MS };
      const stop = () =>
        agents.call(source, 'guest.stop', wish, { timeoutMs: SHUTDOWN_MS + CALL_TIMEOUT_MS });
      // a guest that was told to shut down does so, also when the answer is lost: given up now, it would not be started again
      await reach(stop, PATIENCE_MS);
    }
    await agents.call(source, 'cold.offer', idOf(state), { timeoutMs: CALL_TIMEOUT_MS });
  },
  async undo(context) {
    await giveBack(services, context);
    const { source, guest: name, lease, cold } = context.state; // the lease is another by now
    if (cold?.wasRunning !== true) return;
    const start = () => services.agents.call(source, 'guest.start', { name, lease }, { timeoutMs: START_MS });
    await reach(start, PATIENCE_MS);
  },
});

/** A guest is not shut down for what cannot come to an end. An operation that nobody knows is asked for. @throws BlanketError `cold.old-agent` */
async function refuseOldAgents({ agents }: Services, state: MigrateState): Promise<void> {
  for (const host of [state.source, state.destination]) {
    const id = { ...idOf(state), operation: `${state.operation}-asked` };
    const probe = agents.call(host, 'cold.digest', id, { timeoutMs: CALL_TIMEOUT_MS });
    await probe.catch((error: unknown) => {
      if (!(error instanceof BlanketError)) throw error;
      if (error.code === 'migrate.unknown') return;
      if (error.code !== 'agent.unknown-method') throw error;
      throw new BlanketError('cold.old-agent', `The agent of ${host} knows no cold migration.`, {
        kind: 'blocked',
        next: 'Bring agent and control to the same version.',
        data: { host },
      });
    });
  }
}
