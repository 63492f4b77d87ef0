/** What is believed of a migration between two hosts: guesses from measurements of others, and what theirs were. */
import type { PastMigration } from '../../../wire/migration-history.ts';
import type { PlanReadings } from '../../../wire/migration-plan.ts';
import { compressingBps } from '../choose-copy.ts';
import { isUnsure } from '../findings/path.ts';
import { type Belief, belief } from './beliefs.ts';

export type Beliefs = {
  /** Of the path's measured bandwidth that the copy comes to have. */
  paceShare: Belief;
  /** Of what the guest's process holds that has to be sent; the rest are zero pages, and QEMU's own. */
  memoryShare: Belief;
  /** What the guest's writing is, beside what samples of its memory showed. */
  dirtyError: Belief;
  /** A guest's writing that was not measured, as a share of the path's bandwidth. */
  unknownDirty: Belief;
  /** What compression leaves of the memory. */
  packed: Belief;
  /** See `rounds.ts`. */
  spread: Belief;
  /** All phases but the copy, ms. */
  aroundMs: Belief;
  /** Of the downtime, what is neither the last round nor the way, ms. */
  handoverMs: Belief;
  earlier: number;
};

/** Hosts change, so that what was long ago says less than what was last. */
const MOST_EARLIER = 30;

const guesses = {
  paceShare: [0.35, 0.5, 0.65, 0.75, 0.85, 0.92, 1],
  /** Where so little was measured that the hosts' other work may have held it back. */
  paceShareUnsure: [0.35, 0.65, 1, 1.6, 2.5, 5, 10],
  memoryShare: [0.3, 0.45, 0.6, 0.7, 0.8, 0.9, 1],
  dirtyError: [0.4, 0.7, 0.9, 1, 1.2, 1.6, 2.5],
  unknownDirty: [0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.8],
  packed: [0.15, 0.22, 0.28, 0.33, 0.4, 0.48, 0.6],
  spread: [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1],
  aroundMs: [1_000, 2_000, 3_500, 5_500, 9_000, 15_000, 30_000],
  handoverMs: [20, 50, 110, 200, 320, 480, 800],
} as const;

type Learnt = Record<'paceShare' | 'memoryShare' | 'packed' | 'aroundMs' | 'handoverMs', number[]>;

/** What compression left of the memory; 1 without. */
function packedIn({ choice, measured: { memoryBytes, pageBytes = 0 } }: PastMigration): number {
  return choice?.compression === 'zstd' && pageBytes > 0 ? Math.min(1, memoryBytes / pageBytes) : 1;
}

/** How long it would have taken at the pace that was measured of the way and of the processors, ms; 0: not known. */
function expectedMs(past: PastMigration, usable: number): number {
  const { choice, readings, measured } = past;
  if (usable <= 0) return 0;
  const pace =
    choice?.compression === 'zstd'
      ? Math.min(usable, compressingBps(readings?.compressing ?? {}, choice.connections) * packedIn(past))
      : usable;
  return pace <= 0 ? 0 : (measured.memoryBytes / pace + measured.diskBytes / usable) * 1000;
}

/** What one migration showed; what it does not tell is left out. */
function learnt(past: PastMigration): Learnt {
  const { readings, objective, measured } = past;
  const { totalMs, downtimeMs, copyMs, memoryBytes } = measured;
  const path = readings?.path ?? null;
  const usable =
    path === null ? 0 : Math.min(path.bytesPerSecond, objective.bandwidthBps ?? Number.POSITIVE_INFINITY);
  const [expected, packed] = [expectedMs(past, usable), packedIn(past)];
  const paceShare = expected > 0 && copyMs !== null && copyMs > 0 ? [expected / copyMs] : [];
  const held =
    readings === null ? 0 : Math.min(readings.residentBytes ?? readings.memoryBytes, readings.memoryBytes);
  const quiet = (readings?.dirtyBytesPerSecond ?? Number.POSITIVE_INFINITY) < usable / 10;
  const live = objective.mode !== 'suspend';
  return {
    paceShare,
    // where the guest wrote much, the same pages were sent again and again
    memoryShare: held > 0 && (quiet || !live) ? [memoryBytes / packed / held] : [],
    packed: packed < 1 ? [packed] : [],
    // an image that was fetched is none of the usual phases
    aroundMs: copyMs === null || readings?.imageBytes !== 0 ? [] : [Math.max(0, totalMs - copyMs)],
    handoverMs:
      live && quiet && downtimeMs !== null && path !== null
        ? [Math.max(0, downtimeMs - 1.5 * path.rttMs)]
        : [],
  };
}

export type Between = { readings: Pick<PlanReadings, 'path'>; earlier: readonly PastMigration[] };

/** @param earlier those of the same two hosts, newest first. */
export function believed({ readings, earlier }: Between): Beliefs {
  const all = earlier.slice(0, MOST_EARLIER).map(learnt);
  const seen = (name: keyof Learnt, guessed: readonly number[] = guesses[name]) =>
    belief(
      guessed,
      all.flatMap((one) => one[name]),
    );
  const unsure = readings.path !== null && isUnsure(readings.path);
  return {
    ...{
      paceShare: seen('paceShare', unsure ? guesses.paceShareUnsure : guesses.paceShare),
      memoryShare: seen('memoryShare'),
    },
    ...{ aroundMs: seen('aroundMs'), handoverMs: seen('handoverMs'), packed: seen('packed') },
    dirtyError: belief(guesses.dirtyError, []),
    unknownDirty: belief(guesses.unknownDirty, []),
    spread: belief(guesses.spread, []),
    earlier: all.length,
  };
}
