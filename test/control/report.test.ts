import test from 'ava';
import { progressOf, resultOf } from '../../src/control/migrate/report.ts';
import type { MigrateState } from '../../src/control/migrate/state.ts';
import type { MigrationStats } from '../../src/wire/migration.ts';
import { defaultObjective } from '../../src/wire/objective.ts';
import type { Operation } from '../../src/wire/resources.ts';

const stats = (change: Partial<MigrationStats>): MigrationStats => ({
  ...{ elapsedMs: 0, memoryTotal: 0, memoryDone: 0, memoryLeft: 0, diskTotal: 0, diskDone: 0, diskLeft: 0 },
  ...{ bytesPerSecond: 0, dirtyBytesPerSecond: 0, rounds: 0 },
  ...change,
});

test('while the disk goes, all of the memory counts as what is left', (t) => {
  const progress = progressOf(stats({ diskTotal: 10, diskDone: 4, diskLeft: 6 }), 100);
  t.like(progress, { doneBytes: 4, totalBytes: 110, message: 'disk' });
  t.is(progress.leftMs, undefined);
});

test('what is left at the present rate is the time left', (t) => {
  const copying = stats({
    memoryTotal: 100,
    memoryDone: 30,
    memoryLeft: 50,
    diskDone: 10,
    bytesPerSecond: 25,
    rounds: 1,
  });
  t.like(progressOf(copying, 100), { doneBytes: 40, totalBytes: 90, leftMs: 2_000, message: 'round 1' });
});

const state: MigrateState = {
  ...{ operation: 'op', guest: 'web1', source: 'a1', destination: 'b1', objective: defaultObjective },
  performed: { cookie: '', stats: stats({ memoryDone: 1, diskDone: 2, rounds: 3 }), at: 0 },
};
const operation = { createdAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:00:05.000Z' } as Operation;

test('the downtime is what the hosts took and the handover, or unknown', (t) => {
  const finished = { cookie: '', stats: stats({ downtimeMs: 300 }), handoverMs: 200, forwardingMs: 40 };
  const { downtimeMs, forwardingMs, totalMs, rounds } = resultOf({ ...state, finished }, operation);
  t.deepEqual([downtimeMs, forwardingMs, totalMs, rounds], [500, 40, 5_000, 3]);
  t.is(resultOf(state, operation).downtimeMs, null);
  t.is(resultOf(state, operation).forwardingMs, null);
});

test('in post-copy it is the source’s pause and the way to the guest’s going on, or unknown', (t) => {
  const performed = { cookie: '', stats: stats({ downtimeMs: 13.6 }), at: 0, postcopy: true };
  const later = { stats: stats({ downtimeMs: 9_000 }) }; // what libvirt tells across two clocks
  const finished = { cookie: '', handoverMs: 200, forwardingMs: null };
  const told = (change: Partial<MigrateState>) =>
    resultOf({ ...state, performed, finished, confirmed: later, ...change }, operation).downtimeMs;
  t.is(told({}), 214);
  t.is(told({ finished: { ...finished, handoverMs: null } }), null, 'nobody heard when it went on');
  t.is(told({ performed: { ...performed, stats: stats({}) } }), null, 'the source was restarted');
});

test("confirm's numbers are the last ones", (t) => {
  const confirmed = { stats: stats({ memoryDone: 10, diskDone: 20, rounds: 4 }) };
  t.like(resultOf({ ...state, confirmed }, operation), { memoryBytes: 10, diskBytes: 20, rounds: 4 });
});
