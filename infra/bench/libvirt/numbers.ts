/** What a benchmark makes of its numbers: medians, spreads, ratios, slopes. Empty input gives NaN. */

/** The value that a share `q` (0 to 1) of the values does not exceed: nearest rank, so always one of them. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

export type Spread = { median: number; min: number; max: number };

export const spreadOf = (values: readonly number[]): Spread => ({
  median: median(values),
  min: quantile(values, 0),
  max: quantile(values, 1),
});

/**
 * How many times `ours` is `theirs`: the ratio of the medians, and the least and greatest ratio of two that were
 * measured in the same round, under the same load.
 */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  const paired = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  return { ...spreadOf(paired), median: median(ours) / median(theirs) };
}

/** The rise of the line that fits the points best (least squares), in units of y for each of x. */
export function slopeOf(points: readonly { x: number; y: number }[]): number {
  const mean = (pick: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [middleX, middleY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const sum = (pick: (dx: number, dy: number) => number) =>
    points.reduce((total, { x, y }) => total + pick(x - middleX, y - middleY), 0);
  return sum((dx, dy) => dx * dy) / sum((dx) => dx * dx);
}
