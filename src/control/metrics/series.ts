/** Counters and histograms: numbers by label, in the order in which they were first seen. */
import type { Metric } from '../../wire/metrics.ts';

export type Labels = Record<string, string>;
type Sample = Metric['samples'][number];

const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());

export type Counter = { add(labels: Labels, value?: number): void; metric(): Metric };

export function counter(name: string, help: string): Counter {
  const known = new Map<string, Sample>();
  return {
    add(labels, value = 1) {
      const sample = known.get(keyOf(labels)) ?? { name, labels, value: 0 };
      sample.value += value;
      known.set(keyOf(labels), sample);
    },
    metric: () => ({ name, help, type: 'counter', samples: [...known.values()] }),
  };
}

export type Histogram = { observe(labels: Labels, value: number): void; metric(): Metric };
type Series = { labels: Labels; counts: number[]; sum: number; count: number };

/** @param bounds upper ones, rising; everything above the last is in `+Inf` alone. */
export function histogram(name: string, help: string, bounds: readonly number[]): Histogram {
  const known = new Map<string, Series>();
  const fresh = (labels: Labels): Series => ({ labels, counts: bounds.map(() => 0), sum: 0, count: 0 });
  return {
    observe(labels, value) {
      const series = known.get(keyOf(labels)) ?? fresh(labels);
      known.set(keyOf(labels), series);
      // each bucket holds all that is below it, also what the ones before it hold
      series.counts = series.counts.map((count, i) => count + (value <= (bounds[i] ?? 0) ? 1 : 0));
      series.sum += value;
      series.count += 1;
    },
    metric: () => ({
      ...{ name, help, type: 'histogram' },
      samples: [...known.values()].flatMap((series) => samplesOf(name, bounds, series)),
    }),
  };
}

const samplesOf = (
  name: string,
  bounds: readonly number[],
  { labels, counts, sum, count }: Series,
): Sample[] => [
  ...bounds.map((bound, i) => ({
    name: `${name}_bucket`,
    labels: { ...labels, le: String(bound) },
    value: counts[i] ?? 0,
  })),
  { name: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
  { name: `${name}_sum`, labels, value: sum },
  { name: `${name}_count`, labels, value: count },
];

/** One sample for each of these words, also for those that nothing has. */
export const gauge = (
  name: string,
  help: string,
  label: string,
  words: readonly string[],
  found: readonly string[],
): Metric => ({
  ...{ name, help, type: 'gauge' },
  samples: words.map((word) => ({
    ...{ name, labels: { [label]: word } },
    value: found.filter((one) => one === word).length,
  })),
});
