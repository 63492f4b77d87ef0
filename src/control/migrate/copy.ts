/** Disk and memory on their way, QEMU to QEMU. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';
import { migrationProgressSchema } from '../../wire/migration.ts';
import { isAway, reach } from '../agents/reach.ts';
import type { PhaseContext } from '../run-phases.ts';
import type { Services } from '../services.ts';
import { idOf, NO_TIMEOUT_MS, PATIENCE_MS } from './calls.ts';
import { compareDisks } from './compare-disks.ts';
import { copyDeadline, leftOfTotal } from './deadline.ts';
import { progressOf } from './report.ts';
import type { Make, MigrateState } from './state.ts';

const POLL_MS = 500;

function wishOf(services: Services, state: MigrateState) {
  const { prepared, begun, objective, way } = state;
  if (prepared === undefined || begun === undefined) throw new Error('copy before prepare');
  const { maxDowntimeMs, onTimeout, bandwidthBps: bandwidth } = objective;
  const maxTotalMs = leftOfTotal(services, state);
  return {
    ...{ ...idOf(state), ...prepared, xml: begun.xml, maxDowntimeMs, onTimeout },
    ...(bandwidth !== undefined && { bandwidth }),
    ...(maxTotalMs !== undefined && { maxTotalMs }),
    ...(way !== undefined && { way }),
  };
}

export const copy: Make = (services) => ({
  name: 'copy',
  async do({ state, save, progress, signal }) {
    const { agents, store } = services;
    const memoryBytes = store.guests.get(state.guest).memoryMiB * 2 ** 20;
    const onProgress = (value: unknown) => {
      const stats = migrationProgressSchema.parse(value);
      if (stats.postcopy === true && state.switched !== true) save({ switched: true });
      progress(progressOf(stats, memoryBytes));
    };
    const deadline = copyDeadline(services, state);
    const options = {
      signal: AbortSignal.any([signal, deadline.signal]),
      onProgress,
      timeoutMs: NO_TIMEOUT_MS,
    };
    // Asked again after a broken line, the agent joins us to the copy that is under way, or tells how it ended.
    const perform = () => {
      options.signal.throwIfAborted(); // a host that cannot be reached does not look at it
      return agents.call(state.source, 'migrate.perform', wishOf(services, state), options);
    };
    try {
      keepSent(save, await reach(perform, PATIENCE_MS));
    } catch (error) {
      if (!(await sentAllTheSame(services, state, save, error)))
        throw deadline.signal.aborted && !signal.aborted ? deadline.signal.reason : error;
    } finally {
      deadline.stop();
    }
    if (state.objective.verifyDisk !== true) return;
    progress({ message: 'the guest stands still; comparing its disks' });
    save({ digests: await compareDisks({ agents }, state, signal) });
  },
  async undo({ state, save }) {
    if (!(await callOff(services, state))) return;
    save({ switched: true });
    throw new BlanketError(
      'migrate.switched',
      `${state.guest} has gone to ${state.destination} in post-copy.`,
      {
        kind: 'attention',
        next: `It cannot be called back; \`blanket op resume ${state.operation}\` goes forward.`,
      },
    );
  },
});

type Sent = Omit<NonNullable<MigrateState['performed']>, 'at'>;
type Save = PhaseContext<MigrateState>['save'];

const keepSent = (save: Save, sent: Sent): void =>
  save({ performed: { ...sent, at: Date.now() }, switched: sent.postcopy === true });

/** The copy is stopped; gives whether the guest had gone in post-copy before that, which nothing undoes. */
async function callOff({ agents }: Services, state: MigrateState): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS;
  await reach(() => agents.call(state.source, 'migrate.cancel', idOf(state)), PATIENCE_MS);
  const status = () => agents.call(state.source, 'migrate.status', idOf(state));
  for (;;) {
    const { busy, switched } = await reach(status, PATIENCE_MS);
    if (switched === true) return true;
    if (!busy) return false;
    if (Date.now() > until) throw new Error(`${state.source} does not end the copy of ${state.guest}`);
    await sleep(POLL_MS);
  }
}

/** A cancel, or a broken line, may come just as the guest goes over; then there is no way but on. */
async function sentAllTheSame(
  services: Services,
  state: MigrateState,
  save: Save,
  error: unknown,
): Promise<boolean> {
  if (state.way?.postcopy !== true || isAway(error)) return false;
  if (!(await callOff(services, state))) {
    if (state.switched === true) save({ switched: false }); // it was about to, and has not
    return false;
  }
  save({ switched: true });
  const { agents } = services;
  const options = { timeoutMs: NO_TIMEOUT_MS };
  const perform = () => agents.call(state.source, 'migrate.perform', wishOf(services, state), options);
  keepSent(save, await reach(perform, PATIENCE_MS));
  return true;
}
