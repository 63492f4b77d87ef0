/** Chance that is the same in every run. */

/** Numbers from 0 to 1 (mulberry32). */
export function luckFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Between the two, each power of ten as likely as another. */
export const guessed = (luck: () => number, low: number, high: number): number =>
  low * (high / low) ** luck();
