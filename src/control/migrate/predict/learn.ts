/** What is believed of a migration between two hosts: guesses from measurements of others, and what theirs were. */
import type { PastMigration } from '../../../wire/migration-history.ts';
import type { PlanReadings } from '../../../wire/migration-plan.ts';
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
  spread: [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1],
  aroundMs: [1_000, 2_000, 3_500, 5_500, 9_000, 15_000, 30_000],
  handoverMs: [20, 50, 110, 200, 320, 480, 800],
} as const;

type Learnt = { paceShare: number[]; memoryShare: number[]; aroundMs: number[]; handoverMs: number[] };

/** What one migration showed; what it does not tell is left out. */
function learnt({ readings, objective, measured }: PastMigration): Learnt {
  const { totalMs, downtimeMs, copyMs, memoryBytes, diskBytes } = measured;
  const path = readings?.path ?? null;
  const usable =
    path === null ? 0 : Math.min(path.bytesPerSecond, objective.bandwidthBps ?? Number.POSITIVE_INFINITY);
  const sent = memoryBytes + diskBytes;
  const paceShare = usable > 0 && copyMs !== null && copyMs > 0 ? [(sent * 1000) / copyMs / usable] : [];
  const held =
    readings === null ? 0 : Math.min(readings.residentBytes ?? readings.memoryBytes, readings.memoryBytes);
  const quiet = (readings?.dirtyBytesPerSecond ?? Number.POSITIVE_INFINITY) < usable / 10;
  const live = objective.mode !== 'suspend';
  return {
    paceShare,
    // where the guest wrote much, the same pages were sent again and again
    memoryShare: held > 0 && (quiet || !live) ? [memoryBytes / held] : [],
    // an image that was fetched is none of the usual phases
    aroundMs: copyMs === null || readings?.imageBytes !== 0 ? [] : [Math.max(0, totalMs - copyMs)],
    handoverMs:
      live && quiet && downtimeMs !== null && path !== null
        ? [Math.max(0, downtimeMs - 1.5 * path.rttMs)]
        : [],
  };
}

export type Between = { readings: PlanReadings; earlier: readonly PastMigration[] };

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
    ...{ aroundMs: seen('aroundMs'), handoverMs: seen('handoverMs') },
    dirtyError: belief(guesses.dirtyError, []),
    unknownDirty: belief(guesses.unknownDirty, []),
    spread: belief(guesses.spread, []),
    earlier: all.length,
  };
}
