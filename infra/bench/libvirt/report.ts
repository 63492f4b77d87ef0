/** The tables of `make bench-libvirt`, and whether the goals were reached. */
import type { EventRun } from './events.ts';
import { names as listingNames } from './listing.ts';
import { median, quantile, ratioOf, type Spread, slopeOf, spreadOf } from './numbers.ts';
import { names as callNames, type OneCall } from './one-call.ts';
import { latenciesOf, ratesOf, type Series } from './rounds.ts';
import { formatTable } from './table.ts';

const whole = (value: number): string => String(Math.round(value));
const us = (ms: number): string => (Number.isNaN(ms) ? '-' : whole(ms * 1_000));
const range = ({ min, max }: Spread, show: (value: number) => string): string => `${show(min)}–${show(max)}`;
const times = (value: number): string => (value < 10 ? String(Number(value.toPrecision(2))) : whole(value));
const ratio = (spread: Spread): string => `${times(spread.median)} (${range(spread, times)})`;
const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

function find(series: readonly Series[], name: string): Series {
  const found = series.find((one) => one.name === name);
  if (found === undefined) throw new Error(`Nothing was measured of '${name}'.`);
  return found;
}

function goal(series: readonly Series[], ours: string, least: number, theirs: string): string {
  const found = ratioOf(ratesOf(find(series, ours)), ratesOf(find(series, theirs)));
  const verdict = found.median >= least ? 'reached' : 'MISSED';
  const wanted = least === 1 ? 'at least as fast as' : `${least} times as fast as`;
  return `goal: ${ours} ${wanted} ${theirs}: ${ratio(found)} times, ${verdict}`;
}

export function reportOneCall({ question, series }: OneCall): string {
  const shell = ratesOf(find(series, callNames.shell));
  const rows = series.map((one) => {
    const [rates, latencies] = [ratesOf(one), latenciesOf(one)];
    return [
      one.name,
      whole(median(rates)),
      range(spreadOf(rates), whole),
      us(quantile(latencies, 0.5)),
      us(quantile(latencies, 0.99)),
      ratio(ratioOf(rates, shell)),
    ];
  });
  return [
    formatTable([[question, 'calls/s', 'spread', 'p50 µs', 'p99 µs', 'beside its shell'], ...rows]),
    goal(series, callNames.ours, 1, callNames.shell),
    goal(series, callNames.ours, 20, callNames.spawn),
  ].join('\n');
}

const msOf = ({ turns }: Series): number[] => turns.map(({ calls, elapsedMs }) => elapsedMs / calls);

export function reportListing(series: readonly Series[], domains: number): string {
  const rows = series.map((one) => {
    const spread = spreadOf(msOf(one));
    return [one.name, spread.median.toFixed(1), range(spread, (value) => value.toFixed(1))];
  });
  return [
    formatTable([[`${domains} domains listed`, 'ms', 'spread'], ...rows]),
    goal(series, listingNames.bulk, 1, listingNames.domstats),
    goal(series, listingNames.each, 1, listingNames.list),
  ].join('\n');
}

/** Bytes of heap: a reference, the least that an event could leave behind if it left anything. */
const leastLeak = 8;
/** The heap in use is never the same twice, by some ten thousand bytes: fewer events say nothing of the slope. */
const fewestEvents = 50_000;

function flatness(events: number, slope: number): string {
  const verdict = slope < leastLeak ? 'reached' : 'MISSED';
  return (
    `goal: flat, less than ${leastLeak} bytes of heap an event: ${slope.toFixed(2)}, ` +
    (events < fewestEvents ? `which ${events} events are too few to judge` : verdict)
  );
}

export function reportEvents({
  lines,
  events,
  burnUs,
  madeMs,
  seenMs,
  behind,
  daemonBytes,
}: EventRun): string {
  const title = `${events} events${burnUs > 0 ? `, ${burnUs} µs of work on each` : ''}`;
  const row = (name: string, pick: (line: EventRun['lines'][number]) => number) => {
    const values = lines.map(pick);
    // Code is compiled in the beginning: that grows, and then no more.
    const points = lines.slice(Math.ceil(lines.length / 5)).map((line) => ({ x: line.seen, y: pick(line) }));
    const cells = [values[0], values.at(-1), Math.max(...values)].map((value) => mebi(value ?? Number.NaN));
    return { slope: slopeOf(points), cells: [name, ...cells, slopeOf(points).toFixed(2)] };
  };
  const heap = row('heap and buffers', ({ heapBytes }) => heapBytes);
  const resident = row('resident', ({ rssBytes }) => rssBytes);
  const peak = lines.at(-1)?.peakRssBytes ?? Number.NaN;
  return [
    formatTable([[title, 'first MiB', 'last', 'most', 'bytes an event'], heap.cells, resident.cells]),
    `made in ${(madeMs / 1_000).toFixed(1)} s, seen in ${(seenMs / 1_000).toFixed(1)} s; the most ever resident: ${mebi(peak)} MiB`,
    `when the last was made at most ${behind} were still to be seen; ` +
      `the daemon's resident memory went from ${mebi(daemonBytes.before)} to ${mebi(daemonBytes.after)} MiB`,
    flatness(events, heap.slope),
  ].join('\n');
}
