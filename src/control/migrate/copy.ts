/** Disk and memory on their way, QEMU to QEMU. */
import { setTimeout as sleep } from 'node:timers/promises';
import { migrationProgressSchema } from '../../wire/migration.ts';
import { reach } from '../agents/reach.ts';
import type { Services } from '../services.ts';
import { idOf, PATIENCE_MS } from './calls.ts';
import { compareDisks } from './compare-disks.ts';
import { copyDeadline, leftOfTotal } from './deadline.ts';
import { progressOf } from './report.ts';
import type { Make, MigrateState } from './state.ts';

/** A copy may take as long as it takes; this is the longest a timer can be. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
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
    const onProgress = (value: unknown) =>
      progress(progressOf(migrationProgressSchema.parse(value), memoryBytes));
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
      save({ performed: { ...(await reach(perform, PATIENCE_MS)), at: Date.now() } });
    } catch (error) {
      throw deadline.signal.aborted && !signal.aborted ? deadline.signal.reason : error;
    } finally {
      deadline.stop();
    }
    if (state.objective.verifyDisk !== true) return;
    progress({ message: 'the guest stands still; comparing its disks' });
    save({ digests: await compareDisks({ agents }, state, signal) });
  },
  async undo({ state }) {
    const { agents } = services;
    const until = Date.now() + PATIENCE_MS;
    await reach(() => agents.call(state.source, 'migrate.cancel', idOf(state)), PATIENCE_MS);
    const status = () => agents.call(state.source, 'migrate.status', idOf(state));
    while ((await reach(status, PATIENCE_MS)).busy) {
      if (Date.now() > until) throw new Error(`${state.source} does not end the copy of ${state.guest}`);
      await sleep(POLL_MS);
    }
  },
});
