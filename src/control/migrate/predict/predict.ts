/**
 * Foretells a migration. What was measured is given; what nobody can measure beforehand (how much of the memory is in use, how
 * near the hypervisor comes to the path's bandwidth, what the phases around the copy take) is believed from earlier migrations of
 * the two hosts, and guessed as long as there are few. The migration is run on paper many times, each time with other values
 * of what is not known, and the range is what four of five of these gave.
 */
import type { CopyChoice } from '../../../wire/copy-choice.ts';
import type { PastMigration } from '../../../wire/migration-history.ts';
import type { PlanReadings } from '../../../wire/migration-plan.ts';
import type { Objective } from '../../../wire/objective.ts';
import { confidence, type Prediction, type Range } from '../../../wire/prediction.ts';
import { compressingBps } from '../choose-copy.ts';
import { type Belief, quantile, quantileOf } from './beliefs.ts';
import { type Beliefs, believed } from './learn.ts';
import { type Copied, copyOnPaper } from './rounds.ts';

const RUNS = 400;
/** More than this share of the runs must end for an end to be foretold. */
const ENDING = 0.9;

/** Numbers whose multiples fill a cube evenly, so that few runs show as much as many thrown ones (R. Kronecker's sequence). */
const strides = [2, 3, 5, 7, 11, 13, 17, 19].map((prime) => Math.sqrt(prime) % 1);

type Run = Copied & { totalMs: number; downtimeMs: number; diskBytes: number };

export type Known = {
  readings: PlanReadings;
  objective: Objective;
  /** How it will go; absent: as it is, over one connection. */
  choice?: CopyChoice | undefined;
  earlier: readonly PastMigration[];
};

/** `null` when the way between the hosts was not measured. */
export function predict(known: Known): Prediction | null {
  const { path } = known.readings;
  if (path === null || path.bytesPerSecond <= 0) return null;
  const beliefs = believed(known);
  const all = Array.from({ length: RUNS }, (_, index) => runOnPaper(known, beliefs, path, index));
  const ended = all.filter((run) => run !== undefined);
  const converges = ended.length >= RUNS * ENDING;
  const ranged = (value: (run: Run) => number): Range | null =>
    converges ? rangeOf(ended.map(value)) : null;
  const diskBytes = bytesOfDisk(known.readings);
  return {
    ...{ confidence, converges, why: whyOf(known, ended, converges) },
    totalMs: ranged(({ totalMs }) => totalMs),
    downtimeMs: ranged(({ downtimeMs }) => downtimeMs),
    rounds: ranged(({ rounds }) => rounds),
    memoryBytes: ranged(({ sentBytes }) => sentBytes),
    diskBytes: { low: diskBytes, likely: diskBytes, high: diskBytes },
    earlier: beliefs.earlier,
  };
}

const bytesOfDisk = ({ diskBytes, imageBytes }: PlanReadings): number => (diskBytes ?? 0) + (imageBytes ?? 0);

function rangeOf(values: readonly number[]): Range {
  const side = (1 - confidence) / 2;
  const at = (share: number) => Math.round(quantileOf(values, share));
  return { low: at(side), likely: at(0.5), high: at(1 - side) };
}

/** Bytes a millisecond on the wire: of the disk, and of memory, which has to be compressed where it is. */
function pacesOf({ readings, objective, choice }: Known, bps: number, share: number, packed: number) {
  const disk = Math.min(bps * share, objective.bandwidthBps ?? Number.POSITIVE_INFINITY) / 1000;
  if (choice?.compression !== 'zstd') return { disk, memory: disk };
  const compressing = compressingBps(readings.compressing ?? {}, choice.connections);
  // asked for expressly, and not measured: the way is all that is known
  const most = compressing > 0 ? (compressing * packed * share) / 1000 : disk;
  return { disk, memory: Math.min(disk, most) };
}

function runOnPaper(
  known: Known,
  beliefs: Beliefs,
  path: NonNullable<PlanReadings['path']>,
  index: number,
): Run | undefined {
  const { readings, objective, choice } = known;
  const share = (dimension: number) => ((index + 1) * (strides[dimension] ?? 0)) % 1;
  const drawn = (all: Belief, dimension: number) => quantile(all, share(dimension));
  const packed = choice?.compression === 'zstd' ? drawn(beliefs.packed, 7) : 1;
  const pace = pacesOf(known, path.bytesPerSecond, drawn(beliefs.paceShare, 0), packed);
  const held = Math.min(readings.residentBytes ?? readings.memoryBytes, readings.memoryBytes);
  const suspended = objective.mode === 'suspend';
  const dirty = readings.dirtyBytesPerSecond ?? path.bytesPerSecond * drawn(beliefs.unknownDirty, 3);
  const copied = copyOnPaper({
    memoryBytes: held * drawn(beliefs.memoryShare, 1),
    ...{ pace: pace.memory, packed },
    dirtyPerSecond: suspended ? 0 : dirty * drawn(beliefs.dirtyError, 2),
    spread: drawn(beliefs.spread, 4),
    maxDowntimeMs: objective.maxDowntimeMs,
    autoConverge: objective.autoConverge,
  });
  if (copied === undefined) return undefined;
  const diskBytes = bytesOfDisk(readings);
  const aroundMs = drawn(beliefs.aroundMs, 5);
  const handoverMs = drawn(beliefs.handoverMs, 6) + 1.5 * path.rttMs;
  const stillMs = suspended ? copied.copyMs : copied.lastRoundMs;
  return {
    ...copied,
    rounds: suspended ? 1 : copied.rounds,
    diskBytes,
    downtimeMs: stillMs + handoverMs,
    totalMs: diskBytes / pace.disk + copied.copyMs + copied.lastRoundMs + aroundMs,
  };
}

const rate = (bps: number): string => `${(bps / 1e6).toPrecision(3)} MB/s`;

function whyOf({ readings, objective }: Known, ended: readonly Run[], converges: boolean): string | null {
  const { path, dirtyBytesPerSecond: dirty } = readings;
  if (!converges && path !== null) {
    const writes = dirty === null ? 'a rate that was not measured' : rate(dirty);
    const usable = rate(Math.min(path.bytesPerSecond, objective.bandwidthBps ?? Number.POSITIVE_INFINITY));
    return `The guest writes its memory at ${writes} and ${usable} get through at most: what is left to send does not come to fit into ${objective.maxDowntimeMs} ms of downtime.`;
  }
  const throttle =
    ended.length === 0
      ? 0
      : quantileOf(
          ended.map((run) => run.throttle),
          0.5,
        );
  return throttle === 0
    ? null
    : `It converges only because the guest is slowed down, to about ${Math.round((1 - throttle) * 100)} % of its pace.`;
}
