/**
 * A host's clock against control's, over a line that takes its time. An answer was given somewhere between question and
 * receipt; taken to be in the middle, it is wrong by half the round trip at most (as in NTP: RFC 5905, 8). Of several
 * the fastest is kept. Two such offsets at a distance give the drift: what one way always takes longer than the other
 * is in both, so the drift is only as uncertain as fast answers differ among themselves.
 */
import type { ClockDrift, ClockOffset } from '../../wire/routes/conform.ts';

/** Control's clock at question and receipt, the host's at the answer; Unix ms. */
export type ClockSample = { sentMs: number; receivedMs: number; unixMs: number };

/** Both clocks are read in whole milliseconds. */
const grainMs = 1;
/** Of the answers, those that are taken for fast. */
const fastShare = 0.25;

/** `undefined` without a sample that makes sense: a clock of control's own that was set back meanwhile makes none. */
export function offsetOf(samples: readonly ClockSample[]): ClockOffset | undefined {
  const trip = ({ sentMs, receivedMs }: ClockSample) => receivedMs - sentMs;
  const offset = ({ sentMs, receivedMs, unixMs }: ClockSample) => unixMs - (sentMs + receivedMs) / 2;
  const fastest = samples
    .filter((sample) => trip(sample) >= 0 && Number.isFinite(sample.unixMs))
    .sort((one, other) => trip(one) - trip(other));
  const [best] = fastest;
  if (best === undefined) return undefined;
  const offsets = fastest.slice(0, Math.ceil(fastest.length * fastShare)).map(offset);
  return {
    atMs: (best.sentMs + best.receivedMs) / 2,
    offsetMs: offset(best),
    uncertaintyMs: trip(best) / 2 + grainMs,
    spreadMs: Math.max(...offsets) - Math.min(...offsets) + grainMs,
  };
}

/** Parts in a million that the host's clock gains on control's; `undefined` without a distance between the two. */
export function driftBetween(
  first: ClockOffset,
  second: ClockOffset,
  source: string,
): ClockDrift | undefined {
  const overMs = second.atMs - first.atMs;
  if (!(overMs > 0)) return undefined;
  return {
    offsetMs: second.offsetMs,
    offsetUncertaintyMs: second.uncertaintyMs,
    ppm: ((second.offsetMs - first.offsetMs) / overMs) * 1e6,
    ppmUncertainty: ((first.spreadMs + second.spreadMs) / overMs) * 1e6,
    overMs,
    source,
  };
}
