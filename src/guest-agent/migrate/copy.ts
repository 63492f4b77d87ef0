/** The long part of a migration: memory and disk on their way, looked at and steered twice a second. */
import { setTimeout } from 'node:timers/promises';
import { LibvirtConnectionError } from '../../libvirt/errors.ts';
import type { MigrationStats } from '../../wire/migration.ts';
import type { MigrationSide, PerformInput } from '../engines/engine.ts';
import { logError } from '../log.ts';
import { objectiveMissed } from './missed.ts';
import {
  type Goal,
  limitAt,
  type Missed,
  mostOfARound,
  type Order,
  type Steering,
  startSteering,
  steer,
} from './steer.ts';

const tickMs = 500;

const rising = ['elapsedMs', 'memoryTotal', 'memoryDone', 'diskTotal', 'diskDone', 'rounds'] as const;

/** Numbers that count up are never shown to go back, whatever order readings come in. */
export function advance(before: MigrationStats, now: MigrationStats): MigrationStats {
  const next = { ...now };
  for (const name of rising) next[name] = Math.max(before[name], now[name]);
  const throttlePercent = Math.max(before.throttlePercent ?? 0, now.throttlePercent ?? 0);
  return throttlePercent > 0 ? { ...next, throttlePercent } : next;
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

export type CopyOptions = PerformInput &
  Goal & {
    guest: string;
    progress(stats: MigrationStats): void;
    /** Asked at every tick; the copy is stopped while it says so. */
    isCancelled(): boolean;
    /** Resolves once it is on the disk that post-copy may begin at any moment. */
    onSwitch(): Promise<void>;
  };

type Watch = {
  startedAt: number;
  stats: MigrationStats;
  limitSet: boolean;
  limitMs: number;
  steering: Steering;
  /** Bytes that a round has to send. */
  aRound: number;
  missed?: Missed;
};

const sinceBegin = ({ startedAt }: Watch): number => performance.now() - startedAt;

/** A cancel that came while it was noted has its way still: nothing has begun then. */
async function startPostCopy(side: MigrationSide, options: CopyOptions): Promise<void> {
  await options.onSwitch();
  if (!options.isCancelled()) await side.startPostCopy();
}

async function carryOut(
  side: MigrationSide,
  watch: Watch,
  order: Order,
  options: CopyOptions,
): Promise<void> {
  switch (order.do) {
    case 'limit':
      await side.setMaxDowntime(order.ms);
      watch.limitMs = order.ms;
      return;
    case 'pause':
      return side.pause();
    case 'postcopy':
      return startPostCopy(side, options);
    case 'abort':
      watch.missed = order.why;
      return side.abort();
  }
}

/** libvirt may forget what was set before the copy began: it is set again once there is one. */
async function setFirstLimit(side: MigrationSide, watch: Watch): Promise<void> {
  if (watch.limitSet) return;
  await side.setMaxDowntime(watch.limitMs);
  watch.limitSet = true;
}

const told = (watch: Watch, { suspended }: Goal): MigrationStats => ({
  ...watch.stats,
  ...(!suspended && { downtimeLimitMs: watch.limitMs }),
  ...((suspended || watch.steering.paused) && { paused: true }),
  ...(watch.steering.switched && { postcopy: true }),
});

/** One look at the copy. What goes wrong here is told in the log: the copy itself decides how it ends. */
async function look(side: MigrationSide, watch: Watch, options: CopyOptions): Promise<void> {
  try {
    if (options.isCancelled()) return await side.abort();
    const now = await side.stats();
    if (now === undefined) return;
    await setFirstLimit(side, watch);
    watch.stats = advance(watch.stats, now);
    const { next, orders } = steer(options, watch.steering, now, sinceBegin(watch));
    watch.aRound = mostOfARound(next);
    for (const order of orders) await carryOut(side, watch, order, options);
    watch.steering = next; // not before: an order that could not be carried out is given again
    options.progress(told(watch, options));
  } catch (error) {
    logError('migrate.watch-failed', error);
  }
}

/**
 * Sends everything. Resolves as soon as the guest is paused and all is sent, with the numbers of the last look: to
 * ask once more would lengthen the downtime.
 * @throws BlanketError `migrate.objective-missed`, or what libvirt says; the guest then runs on here.
 */
export async function copyGuest(
  side: MigrationSide,
  options: CopyOptions,
): Promise<{ cookie: Uint8Array; stats: MigrationStats }> {
  const limitMs = limitAt(options.maxDowntimeMs, 0);
  const startedAt = performance.now();
  const watch: Watch = {
    startedAt,
    stats: noStats,
    limitSet: false,
    limitMs,
    steering: startSteering(),
    aRound: 0,
  };
  const ended = new AbortController();
  void watchUntil(ended.signal, () => look(side, watch, options));
  try {
    const { cookie, stillMs } = await side.perform(options);
    return {
      cookie,
      stats: { ...told(watch, options), ...(stillMs !== undefined && { downtimeMs: stillMs }) },
    };
  } catch (error) {
    // With the connection lost nothing is known of the copy, whatever was meant to become of it.
    if (watch.missed === undefined || error instanceof LibvirtConnectionError) throw error;
    throw objectiveMissed(options.guest, watch.missed, told(watch, options), sinceBegin(watch), watch.aRound);
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
