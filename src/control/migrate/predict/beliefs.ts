/**
 * What is believed of a number that nobody can read beforehand: a few guesses, and what it was in earlier migrations. The
 * guesses together weigh as much as a few migrations, and less the more there were: what was seen takes their place.
 */

/** Guesses are worth so many migrations before there are any, and half of that after so many. */
const GUESS_WEIGHT = 3;
const HALVED_AFTER = 5;

type Weighed = { value: number; weight: number };
export type Belief = readonly Weighed[];

/** @param guesses values that are equally likely before anything was seen. */
export function belief(guesses: readonly number[], seen: readonly number[]): Belief {
  const worth = GUESS_WEIGHT / (1 + seen.length / HALVED_AFTER);
  const weight = worth / Math.max(1, guesses.length);
  const all = [
    ...guesses.map((value) => ({ value, weight })),
    ...seen.map((value) => ({ value, weight: 1 })),
  ];
  return all.sort((one, other) => one.value - other.value);
}

/** The value below which this share lies, straight between the middles of two neighbours. @param share 0 to 1 */
export function quantile(all: Belief, share: number): number {
  const whole = all.reduce((sum, { weight }) => sum + weight, 0);
  let below = 0;
  let last: { at: number; value: number } | undefined;
  for (const { value, weight } of all) {
    const at = (below + weight / 2) / whole;
    if (share <= at) {
      if (last === undefined) return value;
      return last.value + ((value - last.value) * (share - last.at)) / (at - last.at);
    }
    last = { at, value };
    below += weight;
  }
  return last?.value ?? 0;
}

/** Of numbers alone. */
export const quantileOf = (values: readonly number[], share: number): number =>
  quantile(belief([], values), share);
