/** The long part of a migration: memory and disk on their way, watched twice a second. */
import { setTimeout } from 'node:timers/promises';
import type { MigrationStats } from '../../wire/migration.ts';
import type { MigrationSide, PerformInput } from '../engines/engine.ts';
import { logError } from '../log.ts';

const tickMs = 500;

const rising = ['elapsedMs', 'memoryTotal', 'memoryDone', 'diskTotal', 'diskDone', 'rounds'] as const;

/** Numbers that count up are never shown to go back, whatever order readings come in. */
export function advance(before: MigrationStats, now: MigrationStats): MigrationStats {
  const next = { ...now };
  for (const name of rising) next[name] = Math.max(before[name], now[name]);
  return next;
}

const noStats: MigrationStats = {
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
async function look(side: MigrationSide, watch: Watch, options: CopyOptions): Promise<void> {
  try {
    if (options.isCancelled()) return await side.abort();
    const now = await side.stats();
    if (now === undefined) return;
    if (!watch.limitSet) {
      await side.setMaxDowntime(options.maxDowntimeMs);
      watch.limitSet = true;
    }
    watch.stats = advance(watch.stats, now);
    options.progress(watch.stats);
  } catch (error) {
    logError('migrate.watch-failed', error);
  }
}

/**
 * Sends everything. Resolves as soon as the guest is paused and all is sent, with the numbers of the last look: to
 * ask once more would lengthen the downtime.
 * @throws what libvirt says; the guest then runs on here.
 */
export async function copyGuest(
  side: MigrationSide,
  options: CopyOptions,
): Promise<{ cookie: Uint8Array; stats: MigrationStats }> {
  const watch: Watch = { stats: noStats, limitSet: false };
  const ended = new AbortController();
  void watchUntil(ended.signal, () => look(side, watch, options));
  try {
    const { cookie } = await side.perform(options);
    return { cookie, stats: watch.stats };
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
