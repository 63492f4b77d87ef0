/** The long part of a migration: memory and disk on their way, watched twice a second. */
import { setTimeout } from 'node:timers/promises';
import type { MigrationStats } from '../../wire/agent-methods.ts';
import type { CopyStats, MigrationSide, PerformInput } from '../engines/engine.ts';
import { logError } from '../log.ts';

const tickMs = 500;

const rising = ['memoryTotal', 'memoryDone', 'diskTotal', 'diskDone', 'rounds'] as const;

/** Numbers that count up are never shown to go back, whatever order readings come in. */
export function advance(before: MigrationStats, now: CopyStats, elapsedMs: number): MigrationStats {
  const next: MigrationStats = { ...now, elapsedMs: Math.max(before.elapsedMs, elapsedMs) };
  for (const name of rising) next[name] = Math.max(before[name], now[name]);
  return next;
}

export const noStats: MigrationStats = {
  elapsedMs: 0,
  memoryTotal: 0,
  memoryDone: 0,
  memoryLeft: 0,
  diskTotal: 0,
  diskDone: 0,
  diskLeft: 0,
  bytesPerSecond: 0,
  dirtyBytesPerSecond: 0,
  rounds: 0,
};

export type CopyOptions = PerformInput & {
  maxDowntimeMs: number;
  progress(stats: MigrationStats): void;
  /** Asked at every tick; the copy is stopped while it says so. */
  isCancelled(): boolean;
};

type Watch = { stats: MigrationStats; limitSet: boolean };

/** One look at the copy. What goes wrong here is told in the log: the copy itself decides how it ends. */
async function look(
  side: MigrationSide,
  watch: Watch,
  options: CopyOptions,
  startedAt: number,
): Promise<void> {
  try {
    if (options.isCancelled()) return await side.abort();
    const now = await side.stats();
    if (now === undefined) return;
    if (!watch.limitSet) {
      await side.setMaxDowntime(options.maxDowntimeMs);
      watch.limitSet = true;
    }
    watch.stats = advance(watch.stats, now, Math.round(performance.now() - startedAt));
    options.progress(watch.stats);
  } catch (error) {
    logError('migrate.watch-failed', error);
  }
}

/**
 * Sends everything. Resolves with the last numbers when the guest is paused and all is sent.
 * @throws what libvirt says; the guest then runs on here.
 */
export async function copyGuest(
  side: MigrationSide,
  options: CopyOptions,
): Promise<{ cookie: Uint8Array; stats: MigrationStats }> {
  const startedAt = performance.now();
  const watch: Watch = { stats: noStats, limitSet: false };
  const ended = new AbortController();
  const watching = watchUntil(ended.signal, () => look(side, watch, options, startedAt));
  try {
    const { cookie } = await side.perform(options);
    ended.abort();
    await watching;
    const final = (await side.finalStats()) ?? watch.stats;
    return { cookie, stats: advance(watch.stats, final, Math.round(performance.now() - startedAt)) };
  } finally {
    ended.abort();
  }
}

async function watchUntil(ended: AbortSignal, tick: () => Promise<void>): Promise<void> {
  while (!ended.aborted) {
    // Rejects when the copy has ended, which only cuts the pause short.
    await setTimeout(tickMs, undefined, { signal: ended }).catch(() => undefined);
    if (!ended.aborted) await tick();
  }
}
