/**
 * One migration's copy on paper. Each round sends what was written during the one before; the guest is paused as soon as what
 * is left goes over within the downtime that is allowed.
 *
 *   round 1: all memory in use ──▶ round 2: what was written meanwhile ──▶ … ──▶ paused: the rest ──▶ runs there
 *
 * With r = dirty rate / bandwidth the rounds shrink by r, so below 1 they end. A guest writes the same pages again and again,
 * so that within a long round it has written less than its rate times the round.
 *
 * QEMU holds the bytes that are left before compression against the pace after it, when it decides that the rest fits into the
 * downtime, and when it decides to slow the guest down (migration.c, ram.c). Compressed, it is so much more careful.
 */

export type Copy = {
  /** Memory to send first, bytes. */
  memoryBytes: number;
  /** Bytes a millisecond, on the wire. */
  pace: number;
  /** What compression leaves of a byte of memory on the wire; 1 without. */
  packed: number;
  /** Different bytes that the guest writes within a second. */
  dirtyPerSecond: number;
  /** How much of a time's writing is new: within t seconds it writes `dirtyPerSecond * t ** spread` bytes. */
  spread: number;
  maxDowntimeMs: number;
  /** It is slowed down more and more as long as what is left does not shrink. */
  autoConverge: boolean;
};

export type Copied = {
  sentBytes: number;
  copyMs: number;
  lastRoundMs: number;
  rounds: number;
  throttle: number;
};

/** Beyond this nobody waits. */
const MOST_ROUNDS = 200;
/** QEMU's throttle: how it begins, grows, and ends (`x-cpu-throttle-initial`, `-increment`, `max-cpu-throttle`). */
const throttles = { first: 0.2, step: 0.1, most: 0.99 } as const;
/** QEMU slows the guest down after two rounds in which it wrote more than this share of what was sent (`throttle-trigger-threshold`). */
const TRIGGER = 0.5;

/** `undefined`: it does not end. */
export function copyOnPaper(copy: Copy): Copied | undefined {
  const { memoryBytes, pace, packed, maxDowntimeMs } = copy;
  let [left, sentBytes, copyMs, throttle, hot] = [memoryBytes, 0, 0, 0, 0];
  for (let rounds = 1; rounds <= MOST_ROUNDS; rounds++) {
    const roundMs = (left * packed) / pace;
    sentBytes += left * packed;
    copyMs += roundMs;
    const written = writtenIn(copy, roundMs) * (1 - throttle);
    if (written <= maxDowntimeMs * pace) {
      const lastRoundMs = (written * packed) / pace;
      return { sentBytes: sentBytes + written * packed, copyMs, lastRoundMs, rounds: rounds + 1, throttle };
    }
    hot = written > left * packed * TRIGGER ? hot + 1 : 0;
    if (copy.autoConverge && hot >= 2) {
      throttle = throttle === 0 ? throttles.first : Math.min(throttles.most, throttle + throttles.step);
      hot = 0;
    }
    left = written;
  }
  return undefined;
}

const writtenIn = ({ memoryBytes, dirtyPerSecond, spread }: Copy, ms: number): number =>
  Math.min(memoryBytes, dirtyPerSecond * (ms / 1000) ** spread);
