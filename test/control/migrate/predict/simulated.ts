/**
 * A migration page by page, to hold the predictor to. It shares nothing with it: time goes on in small ticks, each tick sends
 * dirty pages in the order of their addresses, and the guest writes pages at random, most of them to a part of its memory.
 */

import type { PastMigration } from '../../../../src/wire/migration-history.ts';
import type { PlanReadings } from '../../../../src/wire/migration-plan.ts';
import type { Objective } from '../../../../src/wire/objective.ts';
import { guessed } from './luck.ts';

const PAGES = 1_000;
/** Of the time that the memory needs at least. */
const TICK = 1 / 500;
const LONGEST = 20;

/** What is true of a guest and two hosts, of which the readings tell a part. */
export type World = {
  memoryBytes: number;
  /** Of the memory, what is in use. */
  used: number;
  /** Pages a second that the guest writes, one by one, and to what share of what it uses. */
  writes: number;
  hot: number;
  bytesPerSecond: number;
  rttMs: number;
  /** Of the bandwidth, what the copy has. */
  paceShare: number;
  diskBytes: number;
  aroundMs: number;
  handoverMs: number;
};

export type Measured = PastMigration['measured'];

type Luck = () => number;

/** One page that the guest writes: four of five times a hot one. */
const written = ({ used, hot }: World, luck: Luck): number => {
  const inUse = Math.max(1, Math.floor(PAGES * used));
  const among = luck() < 0.8 ? Math.max(1, Math.floor(inUse * hot)) : inUse;
  return Math.floor(luck() * among);
};

/** What QEMU's samples would show: different pages within a second. */
export function dirtyRateOf(world: World, luck: Luck): number {
  const pages = new Set<number>();
  for (let write = 0; write < world.writes; write++) pages.add(written(world, luck));
  return (pages.size * world.memoryBytes) / PAGES;
}

/** `undefined` when it does not end. */
export function migrate(world: World, objective: Objective, luck: Luck): Measured | undefined {
  const pageBytes = world.memoryBytes / PAGES;
  const pace = (world.bytesPerSecond * world.paceShare) / 1000;
  const inUse = Math.max(1, Math.floor(PAGES * world.used));
  const dirty = new Set(Array.from({ length: inUse }, (_, page) => page));
  let queue = [...dirty];
  let [sent, rounds, credit, owed] = [0, 1, 0, 0];
  const [leastMs, mostTickMs] = [world.memoryBytes / pace, objective.maxDowntimeMs / 10];
  const tickMs = Math.min(leastMs * TICK, mostTickMs);
  for (let ms = tickMs; ms < leastMs * LONGEST; ms += tickMs) {
    owed += (world.writes * tickMs) / 1000;
    for (; owed >= 1; owed--) dirty.add(written(world, luck));
    for (credit += pace * tickMs; credit >= pageBytes && queue.length > 0; credit -= pageBytes) {
      dirty.delete(queue.shift() as number);
      sent += pageBytes;
    }
    const leftMs = (dirty.size * pageBytes) / pace;
    if (leftMs <= objective.maxDowntimeMs)
      return end(world, { ms, leftMs, sent: sent + dirty.size * pageBytes, rounds, pace });
    if (queue.length === 0) {
      queue = [...dirty].sort((one, other) => one - other);
      rounds++;
    }
  }
  return undefined;
}

type Copied = { ms: number; leftMs: number; sent: number; rounds: number; pace: number };

function end(world: World, { ms, leftMs, sent, rounds, pace }: Copied): Measured {
  const copyMs = ms + leftMs + world.diskBytes / pace;
  return {
    totalMs: copyMs + world.aroundMs,
    downtimeMs: leftMs + world.handoverMs + 1.5 * world.rttMs,
    copyMs,
    memoryBytes: Math.round(sent),
    diskBytes: world.diskBytes,
    rounds: rounds + 1,
  };
}

/** What a plan would read: the process holds more than what is in use. */
export const readingsOf = (world: World, luck: Luck): PlanReadings => ({
  path: { bytesPerSecond: world.bytesPerSecond, rttMs: world.rttMs, bytes: 4 * 2 ** 20 },
  dirtyBytesPerSecond: dirtyRateOf(world, luck) * guessed(luck, 0.7, 1.4),
  memoryBytes: world.memoryBytes,
  residentBytes: Math.round(Math.min(1, world.used * guessed(luck, 1, 1.6)) * world.memoryBytes),
  diskBytes: world.diskBytes,
  imageBytes: 0,
  skewMs: 0,
});
