/**
 * What is to be done about a copy under way, decided from its numbers alone.
 *
 *   the downtime limit     begins low and goes up a step whenever a round over the memory has as much to send as the one
 *                          before, so that a guest that converges by itself pauses for as short as it can
 *   the time for all       is over: the copy is stopped, or the guest is paused, so that nothing is added to what is left, or
 *                          the guest goes over before its memory, as soon as its memory's turn has come
 *   no byte goes           the copy is stopped: nothing tells when the way is there again
 *   nothing gets less      and no time for all was given: the copy is stopped, since it would go on for ever
 */
import type { MigrationStats } from '../../wire/migration.ts';
import type { TimeoutAction } from '../../wire/objective.ts';

export type Goal = {
  maxDowntimeMs: number;
  /** From the begin of the copy. */
  maxTotalMs?: number | undefined;
  onTimeout: TimeoutAction;
  /** The guest does not run meanwhile: nothing can converge, or not. */
  suspended: boolean;
};

/** Why a copy was stopped: its time was over, nothing went any more, or it got no nearer to its end. */
export type Missed = 'total' | 'stalled' | 'hopeless';

export type Order =
  | { do: 'limit'; ms: number }
  | { do: 'pause' }
  | { do: 'postcopy' }
  | { do: 'abort'; why: Missed };

export type Steering = {
  /** Index into the ladder, and the rounds that have ended on it. */
  step: number;
  roundsOnStep: number;
  round: number;
  /** Most bytes that were seen left in this round, and in the one before. */
  most: number;
  mostBefore: number;
  /** Least that was left after the first round, and when that was (ms from the copy's begin). */
  least: number;
  nearerAt: number;
  /** The numbers that move as long as anything goes, and when they last did. */
  moving: string;
  movedAt: number;
  paused: boolean;
  /** Post-copy was begun: nothing is to be ordered any more. */
  switched: boolean;
};

/** oVirt's: 100, 150, 200, 300, 400, 500 ms of 500. */
const shares = [0.2, 0.3, 0.4, 0.6, 0.8, 1];
const roundsOnAStep = 3;
/** A round that has not at least this much less to send than the last does not shrink. */
const shrinks = 0.9;
export const stalledAfterMs = 120_000;
export const hopelessAfterMs = 600_000;

export const limitAt = (maxDowntimeMs: number, step: number): number =>
  Math.max(1, Math.round(maxDowntimeMs * (shares[Math.min(step, shares.length - 1)] ?? 1)));

export const startSteering = (): Steering => ({
  ...{ step: 0, roundsOnStep: 0, round: 0, most: 0, mostBefore: Number.POSITIVE_INFINITY },
  ...{ least: Number.POSITIVE_INFINITY, nearerAt: 0, moving: '', movedAt: 0, paused: false, switched: false },
});

/** Bytes that this round or the one before had to send, as far as it was seen. */
export const mostOfARound = ({ most, mostBefore }: Steering): number =>
  Number.isFinite(mostBefore) ? Math.max(most, mostBefore) : most;

/** The numbers of this look beside those before. */
function follow(before: Steering, now: MigrationStats, atMs: number): Steering {
  const moving = [now.memoryDone, now.memoryLeft, now.diskDone, now.diskLeft, now.rounds].join(' ');
  const next = { ...before, moving, movedAt: moving === before.moving ? before.movedAt : atMs };
  const nearer = now.rounds < 2 || now.memoryLeft < before.least * shrinks;
  if (nearer) next.nearerAt = atMs;
  if (nearer && now.rounds >= 2) next.least = now.memoryLeft;
  if (now.rounds === before.round) return { ...next, most: Math.max(before.most, now.memoryLeft) };
  // The first pass has all the memory to send: it is no measure for those after it.
  const mostBefore = before.round < 2 ? Number.POSITIVE_INFINITY : before.most;
  const roundsOnStep = before.roundsOnStep + (before.round < 2 ? 0 : now.rounds - before.round);
  return { ...next, round: now.rounds, most: now.memoryLeft, mostBefore, roundsOnStep };
}

/** Whether the round that has just ended says that the limit is too low. */
const isTooLow = (before: Steering, now: Steering): boolean =>
  now.round > before.round &&
  before.round >= 2 &&
  (before.most >= before.mostBefore * shrinks || now.roundsOnStep >= roundsOnAStep);

function missed(goal: Goal, now: Steering, atMs: number): Missed | undefined {
  const { maxTotalMs, onTimeout, suspended } = goal;
  if (maxTotalMs !== undefined && atMs >= maxTotalMs && onTimeout === 'abort') return 'total';
  if (atMs - now.movedAt >= stalledAfterMs) return 'stalled';
  const endless = maxTotalMs === undefined && !suspended && now.step === shares.length - 1;
  return endless && atMs - now.nearerAt >= hopelessAfterMs ? 'hopeless' : undefined;
}

/** @param atMs since the copy began; `before` and what is given back are for the next look. */
export function steer(
  goal: Goal,
  before: Steering,
  stats: MigrationStats,
  atMs: number,
): { next: Steering; orders: Order[] } {
  const next = follow(before, stats, atMs);
  if (next.switched) return { next, orders: [] };
  const why = missed(goal, next, atMs);
  if (why !== undefined) return { next, orders: [{ do: 'abort', why }] };
  const { maxTotalMs, onTimeout, suspended } = goal;
  const over = maxTotalMs !== undefined && atMs >= maxTotalMs && !suspended;
  if (over && onTimeout === 'pause' && !before.paused)
    return { next: { ...next, paused: true }, orders: [{ do: 'pause' }] };
  if (over && onTimeout === 'postcopy' && stats.memoryTotal > 0)
    return { next: { ...next, switched: true }, orders: [{ do: 'postcopy' }] };
  const climbs = !suspended && !next.paused && next.step < shares.length - 1 && isTooLow(before, next);
  if (!climbs) return { next, orders: [] };
  const step = next.step + 1;
  return {
    next: { ...next, step, roundsOnStep: 0 },
    orders: [{ do: 'limit', ms: limitAt(goal.maxDowntimeMs, step) }],
  };
}
