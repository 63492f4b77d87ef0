import test from 'ava';
import { fleetOf } from '../../../infra/bench/network/fleet.ts';
import * as report from '../../../infra/bench/network/report.ts';

/** Without the lines that say how, and with single spaces. */
const table = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('how: '))
    .map((line) => line.replaceAll(/ +/g, ' '));

test('numbers and bytes have three digits', (t) => {
  t.deepEqual([0.12345, 1.5, 12.34, 123.4, 12_345.6].map(report.number), [
    '0.123',
    '1.5',
    '12.3',
    '123',
    '12346',
  ]);
  t.deepEqual([0, 131, 1_440_000, 1.44e9, 2e15].map(report.bytes), [
    '0 B',
    '131 B',
    '1.44 MB',
    '1.44 GB',
    '2000 TB',
  ]);
  t.deepEqual([report.number(Number.NaN), report.bytes(Number.NaN)], ['-', '-']);
});

const tableRun = (hosts: number, ms: number, entries: number) => ({
  fleet: fleetOf(hosts),
  entries,
  fillMs: [ms, ms * 9, ms],
  againMs: [ms],
  readMs: [ms],
  readBytes: [50 * entries],
  flipMs: [5],
  flipInBatchMs: [0.03],
  kernelBytes: [200 * entries],
});

test('a table grows beside that of the fleet before, and too small a one says nothing of memory', (t) => {
  t.deepEqual(table(report.reportTables([tableRun(10, 10, 99), tableRun(100, 30, 1_089)])).slice(1), [
    '10 hosts, 100 guests 99 10 10 10 4.95 kB 5 30 -',
    '100 hosts, 1000 guests 1089 30 (x3) 30 (x3) 30 (x3) 54.5 kB 5 30 218 kB',
  ]);
});

const push = (method: 'network.apply' | 'network.forward', hosts: number, sentTo: number, ms: number) => ({
  ...{ fleet: fleetOf(hosts), method, sentTo, bytesEach: 1_000 },
  ...{ controlMs: [ms], answeredMs: [ms * 2], readMs: [0.5] },
});

test('each method is compared with itself in the fleet before, and says when not all were sent to', (t) => {
  const runs = [push('network.apply', 10, 10, 5), push('network.forward', 10, 10, 1)];
  const more = [push('network.apply', 100, 50, 500), push('network.forward', 100, 100, 4)];
  t.deepEqual(table(report.reportPush([...runs, ...more])).slice(1), [
    'network.apply, 10 hosts 1 kB 10 kB 5 10 0.5 all',
    'network.forward, 10 hosts 1 kB 10 kB 1 2 0.5 all',
    'network.apply, 100 hosts 1 kB 100 kB 500 (x100) 1000 (x100) 0.5 50 of them',
    'network.forward, 100 hosts 1 kB 100 kB 4 (x4) 8 (x4) 0.5 all',
  ]);
});

test('the flip of all hosts is told beside as many processes that flip nothing', (t) => {
  const run = { hosts: 200, entriesEach: 2_189, bytesPerEntry: 290, makeMs: 1, fillMs: 2_000 };
  t.is(
    table(report.reportParallel({ ...run, flipMs: [400, 300, 900], idleMs: [200] }))[1],
    '200 hosts 2189 10 290 B 400 2 200 (2)',
  );
});

test('broadcasts are counted by peers, names by leases', (t) => {
  const broadcast = { fleet: fleetOf(10), copies: [9], bytes: [828], sendMs: [0.2] };
  t.is(table(report.reportBroadcast([broadcast]))[1], '9 peers 9 828 B 0.2');
  t.is(
    table(report.reportNames([{ fleet: fleetOf(10), leases: 10, answerMs: [3, 1, 2] }]))[1],
    '100 names 10 2',
  );
});
