/** Disk and memory on their way, QEMU to QEMU. */
import { setTimeout as sleep } from 'node:timers/promises';
import { migrationProgressSchema } from '../../wire/migration.ts';
import { reach } from '../agents/reach.ts';
import { idOf, PATIENCE_MS } from './calls.ts';
import { progressOf } from './report.ts';
import type { Make } from './state.ts';

/** A copy may take as long as it takes; this is the longest a timer can be. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
const POLL_MS = 500;

export const copy: Make = ({ agents, store }) => ({
  name: 'copy',
  async do({ state, save, progress, signal }) {
    const { prepared, begun } = state;
    if (prepared === undefined || begun === undefined) throw new Error('copy before prepare');
    const wish = {
      ...idOf(state),
      ...prepared,
      xml: begun.xml,
      maxDowntimeMs: state.objective.maxDowntimeMs,
    };
    const { bandwidthBps } = state.objective;
    const bandwidth = bandwidthBps === undefined ? {} : { bandwidth: bandwidthBps };
    const memoryBytes = store.guests.get(state.guest).memoryMiB * 2 ** 20;
    const onProgress = (value: unknown) =>
      progress(progressOf(migrationProgressSchema.parse(value), memoryBytes));
    const options = { signal, onProgress, timeoutMs: NO_TIMEOUT_MS };
    // Asked again after a broken line, the agent joins us to the copy that is under way, or tells how it ended.
    const perform = () => agents.call(state.source, 'migrate.perform', { ...wish, ...bandwidth }, options);
    save({ performed: { ...(await reach(perform, PATIENCE_MS)), at: Date.now() } });
  },
  async undo({ state }) {
    const until = Date.now() + PATIENCE_MS;
    await reach(() => agents.call(state.source, 'migrate.cancel', idOf(state)), PATIENCE_MS);
    const status = () => agents.call(state.source, 'migrate.status', idOf(state));
    while ((await reach(status, PATIENCE_MS)).busy) {
      if (Date.now() > until) throw new Error(`${state.source} does not end the copy of ${state.guest}`);
      await sleep(POLL_MS);
    }
  },
});
