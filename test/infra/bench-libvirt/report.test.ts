import test from 'ava';
import type { EventRun } from '../../../infra/bench/libvirt/events.ts';
import { reportEvents, reportOneCall } from '../../../infra/bench/libvirt/report.ts';
import { formatTable } from '../../../infra/bench/libvirt/table.ts';

test('a table aligns its columns', (t) => {
  t.is(
    formatTable([
      ['name', 'ms'],
      ['a', '1000'],
      ['longer', '7'],
    ]),
    ['name      ms', 'a       1000', 'longer     7'].join('\n'),
  );
});

const series = (name: string, rates: readonly number[], latenciesMs: readonly number[]) => ({
  name,
  turns: rates.map((rate) => ({ calls: rate, elapsedMs: 1_000, latenciesMs })),
});

test('one call: rates, latencies, the ratio to the shell, the goals', (t) => {
  const text = reportOneCall({
    question: 'hostname',
    series: [
      series('ours', [200, 300, 100], [1, 2]),
      series('virsh, its shell', [100, 100, 100], [4]),
      series('virsh, one batch', [150, 150, 150], []),
      series('virsh, a process a call', [50, 50, 50], [20]),
    ],
  });
  t.is(
    text,
    [
      'hostname                 calls/s   spread  p50 µs  p99 µs  beside its shell',
      'ours                         200  100–300    1000    2000           2 (1–3)',
      'virsh, its shell             100  100–100    4000    4000           1 (1–1)',
      'virsh, one batch             150  150–150       -       -     1.5 (1.5–1.5)',
      'virsh, a process a call       50    50–50   20000   20000     0.5 (0.5–0.5)',
      'goal: ours at least as fast as virsh, its shell: 2 (1–3) times, reached',
      'goal: ours 20 times as fast as virsh, a process a call: 4 (2–6) times, MISSED',
    ].join('\n'),
  );
});

const runOf = (events: number, heapOf: (seen: number) => number): EventRun => ({
  events,
  burnUs: 0,
  lines: Array.from({ length: 11 }, (_, index) => (index * events) / 10).map((seen) => ({
    seen,
    heapBytes: heapOf(seen),
    rssBytes: 80 * 2 ** 20,
    peakRssBytes: 90 * 2 ** 20,
  })),
  madeMs: 500,
  seenMs: 600,
  behind: 100,
  daemonBytes: { before: 30 * 2 ** 20, after: 31 * 2 ** 20 },
});

test('memory is flat when it only grew while code was compiled', (t) => {
  const text = reportEvents(runOf(100_000, (seen) => (seen === 0 ? 14 : 15) * 2 ** 20));
  t.regex(text, /^heap and buffers +14\.0 +15\.0 +15\.0 +0\.00$/m);
  t.regex(text, /an event: 0\.00, reached$/);
});

test('memory is not flat when every event leaves something behind', (t) => {
  t.regex(reportEvents(runOf(100_000, (seen) => 14 * 2 ** 20 + seen * 100)), /an event: 100\.00, MISSED$/);
});

test('few events say nothing of memory', (t) => {
  t.regex(
    reportEvents(runOf(1_000, (seen) => 14 * 2 ** 20 + seen * 100)),
    /100\.00, which 1000 events are too few/,
  );
});
