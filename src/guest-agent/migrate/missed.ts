/** The error of a copy that was stopped because its objective could not be met: what was reached, and what to change. */
import { BlanketError } from '../../wire/errors.ts';
import type { MigrationStats } from '../../wire/migration.ts';
import type { Missed } from './steer.ts';

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** How long the guest would have had to be paused for so much, ms; `undefined` while nothing is known of its memory. */
const downtimeNeeded = (
  { memoryTotal, bytesPerSecond }: MigrationStats,
  bytes: number,
): number | undefined =>
  memoryTotal === 0 || bytesPerSecond === 0 ? undefined : Math.round((bytes / bytesPerSecond) * 1000);

function reached(stats: MigrationStats): string {
  if (stats.memoryTotal === 0) return `${mebibytes(stats.diskLeft)} of its disk were still to be sent`;
  const rates = `${mebibytes(stats.bytesPerSecond)}/s went over and it wrote ${mebibytes(stats.dirtyBytesPerSecond)}/s`;
  return `in round ${stats.rounds} ${mebibytes(stats.memoryLeft)} of its memory were still to be sent; ${rates}`;
}

const sentences: Record<Missed, (guest: string, stats: MigrationStats, atMs: number) => string> = {
  total: (guest, stats, atMs) => `Sending ${guest} was not over after ${seconds(atMs)}: ${reached(stats)}.`,
  stalled: (guest, stats) => `Nothing of ${guest} went over any more: ${reached(stats)}.`,
  hopeless: (guest, stats, atMs) =>
    `Sending ${guest} got no nearer to its end, after ${seconds(atMs)}: ${reached(stats)}.`,
};

function advice(why: Missed, needed: number | undefined): string {
  if (why === 'stalled')
    return 'See whether the two hosts reach each other (`blanket host show`), then try again.';
  const downtime =
    needed === undefined ? '' : ` a longer pause (--max-downtime ${Math.ceil(needed * 1.2)}ms),`;
  const total =
    why === 'total' ? ' more time (--max-total),' : ' a limit after which it is paused (--max-total),';
  return `It runs on where it was. Allow${downtime}${total} or a pause for the rest (--on-timeout pause, --mode suspend).`;
}

/** @param atMs since the copy began. @param aRound bytes that a round had to send, at most */
export function objectiveMissed(
  guest: string,
  why: Missed,
  stats: MigrationStats,
  atMs: number,
  aRound: number,
): BlanketError {
  const downtimeNeededMs = downtimeNeeded(stats, aRound);
  return new BlanketError('migrate.objective-missed', sentences[why](guest, stats, atMs), {
    kind: 'rolled-back',
    next: advice(why, downtimeNeededMs),
    data: {
      ...{ guest, why, elapsedMs: Math.round(atMs), rounds: stats.rounds, memoryLeft: stats.memoryLeft },
      ...{ diskLeft: stats.diskLeft, bytesPerSecond: stats.bytesPerSecond },
      ...{ dirtyBytesPerSecond: stats.dirtyBytesPerSecond, downtimeNeededMs: downtimeNeededMs ?? null },
      ...{ downtimeLimitMs: stats.downtimeLimitMs ?? null, throttlePercent: stats.throttlePercent ?? null },
    },
  });
}
