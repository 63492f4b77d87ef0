import test from 'ava';
import fc from 'fast-check';
import { belief, quantile, quantileOf } from '../../../../src/control/migrate/predict/beliefs.ts';
import { believed } from '../../../../src/control/migrate/predict/learn.ts';
import { predict } from '../../../../src/control/migrate/predict/predict.ts';
import { type Copy, copyOnPaper } from '../../../../src/control/migrate/predict/rounds.ts';
import type { PastMigration } from '../../../../src/wire/migration-history.ts';
import type { PlanReadings } from '../../../../src/wire/migration-plan.ts';
import { defaultObjective, type Objective } from '../../../../src/wire/objective.ts';

const MIB = 2 ** 20;
const copy: Copy = {
  ...{ memoryBytes: 100e6, pace: 10_000, packed: 1, dirtyPerSecond: 0, spread: 1, maxDowntimeMs: 300 },
  autoConverge: false,
};
const readings: PlanReadings = {
  ...{
    path: { bytesPerSecond: 1e7, rttMs: 40, bytes: 4 * MIB },
    dirtyBytesPerSecond: 0,
    memoryBytes: 128 * MIB,
  },
  ...{ residentBytes: 100 * MIB, diskBytes: 4 * MIB, imageBytes: 0, skewMs: 0 },
};
const foretell = (change: Partial<PlanReadings>, objective: Partial<Objective> = {}) =>
  predict({
    readings: { ...readings, ...change },
    objective: { ...defaultObjective, ...objective },
    earlier: [],
  });

test('a guest that writes nothing is sent once', (t) => {
  t.deepEqual(copyOnPaper(copy), {
    ...{ sentBytes: 100e6, copyMs: 10_000, lastRoundMs: 0, rounds: 2, throttle: 0 },
  });
});

test('each round is what was written in the one before', (t) => {
  const copied = copyOnPaper({ ...copy, dirtyPerSecond: 2e6 });
  // 100 MB, 20 MB, 4 MB; then 0.8 MB fit into 300 ms
  t.is(copied?.rounds, 4);
  t.is(Math.round((copied?.sentBytes ?? 0) / 1e5), 1248);
  t.is(Math.round(copied?.lastRoundMs ?? 0), 80);
});

test('faster writing than the way ends only when the guest is slowed down, or its pages are few', (t) => {
  const fast = { ...copy, dirtyPerSecond: 2e7 };
  t.is(copyOnPaper(fast), undefined);
  t.true((copyOnPaper({ ...fast, autoConverge: true })?.throttle ?? 0) >= 0.5);
  t.not(copyOnPaper({ ...fast, maxDowntimeMs: 11_000 }), undefined);
});

test('a copy sends at least the memory, within the downtime at its end', (t) => {
  const amounts = fc.record({
    memoryBytes: fc.double({ min: 1e6, max: 1e11, noNaN: true }),
    pace: fc.double({ min: 100, max: 1e7, noNaN: true }),
    dirtyPerSecond: fc.double({ min: 0, max: 1e10, noNaN: true }),
    spread: fc.double({ min: 0.3, max: 1, noNaN: true }),
    maxDowntimeMs: fc.integer({ min: 1, max: 60_000 }),
    packed: fc.double({ min: 0.05, max: 1, noNaN: true }),
    autoConverge: fc.boolean(),
  });
  fc.assert(
    fc.property(amounts, (one) => {
      const copied = copyOnPaper(one);
      if (copied === undefined) return;
      const least = one.memoryBytes * one.packed;
      t.true(copied.sentBytes >= least);
      t.true(copied.copyMs >= least / one.pace - 1e-6);
      t.true(copied.lastRoundMs <= one.maxDowntimeMs);
    }),
  );
  t.pass();
});

test('guesses give way to what was seen', (t) => {
  const guesses = [1, 2, 3, 4, 5];
  t.is(quantile(belief(guesses, []), 0.5), 3);
  const seen = Array.from({ length: 20 }, () => 100);
  t.is(quantile(belief(guesses, seen), 0.1), 100);
  t.is(quantileOf([7], 0.9), 7);
  t.is(quantileOf([], 0.5), 0);
});

test('a quantile lies among the values, and grows with its share', (t) => {
  const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
      const [low, high] = [quantileOf(all, share / 2), quantileOf(all, share)];
      t.true(Math.min(...all) <= low && low <= high && high <= Math.max(...all));
    }),
  );
  t.pass();
});

test('nothing is foretold of a way that was not measured', (t) => {
  t.is(foretell({ path: null }), null);
  t.is(foretell({ path: { bytesPerSecond: 0, rttMs: 1, bytes: 0 } }), null);
});

test('no range is below what the memory in use needs at the bandwidth, and its parts are in order', (t) => {
  const told = foretell({});
  t.true((told?.totalMs?.low ?? 0) > ((0.3 * 100 * MIB + 4 * MIB) / 1e7) * 1000);
  t.true((told?.downtimeMs?.low ?? 0) >= 60);
  for (const range of [told?.totalMs, told?.downtimeMs, told?.memoryBytes, told?.rounds]) {
    t.true(range != null && range.low <= range.likely && range.likely <= range.high);
  }
  t.is(told?.why, null);
});

test('of a way of which little was measured less is said: it may be several times as fast', (t) => {
  const path = { bytesPerSecond: 2.5e5, rttMs: 40, bytes: 4 * MIB };
  const [sure, unsure] = [
    foretell({ path })?.totalMs,
    foretell({ path: { ...path, bytes: MIB / 4 } })?.totalMs,
  ];
  t.true((unsure?.low ?? 0) < (sure?.low ?? 0) / 3, JSON.stringify([sure, unsure]));
  t.true((unsure?.high ?? 0) > (sure?.likely ?? 0));
});

test('a limit on the bandwidth makes it longer, an image as well', (t) => {
  const likely = (told: ReturnType<typeof foretell>) => told?.totalMs?.likely ?? 0;
  t.true(likely(foretell({}, { bandwidthBps: MIB })) > 2 * likely(foretell({})));
  t.true(likely(foretell({ imageBytes: 500 * MIB })) > 2 * likely(foretell({})));
});

test('compressed, each round sends less; QEMU ends it as if it did not', (t) => {
  const writing = { ...copy, dirtyPerSecond: 2e6 };
  const [plain, packed] = [copyOnPaper(writing), copyOnPaper({ ...writing, packed: 0.25 })];
  t.true((packed?.copyMs ?? 0) < (plain?.copyMs ?? 0) / 3);
  t.true((packed?.sentBytes ?? 0) < (plain?.sentBytes ?? 0) / 3);
  // what is left fits before compression: 3 MB of 10 MB/s, be it a quarter of that on the wire
  t.true((packed?.lastRoundMs ?? 0) <= copy.maxDowntimeMs / 4);
});

test('a compressed copy is foretold by what the processors do, and by the way where that is slower', (t) => {
  const compressing = {
    source: { bytesPerSecond: 1e7, cpus: 2 },
    destination: { bytesPerSecond: 1e7, cpus: 2 },
  };
  const told = (bytesPerSecond: number, compression: 'none' | 'zstd') =>
    predict({
      readings: { ...readings, path: { bytesPerSecond, rttMs: 40, bytes: 1 }, compressing },
      objective: defaultObjective,
      choice: { compression, connections: 1, why: '' },
      earlier: [],
    })?.totalMs?.likely ?? 0;
  t.true(told(1e6, 'zstd') < told(1e6, 'none') / 1.8);
  t.true(told(1e8, 'zstd') > told(1e8, 'none'));
});

test('what compression left of memory is learnt, and taken for no smaller memory', (t) => {
  const compressing = {
    source: { bytesPerSecond: 1e9, cpus: 8 },
    destination: { bytesPerSecond: 1e9, cpus: 8 },
  };
  const measured = { totalMs: 9_000, downtimeMs: 300, copyMs: 2_500, rounds: 3, diskBytes: 0 };
  const past: PastMigration = {
    ...{
      operation: 'op',
      guest: 'web1',
      source: 'a1',
      destination: 'b1',
      endedAt: '2026-01-02T03:04:05.000Z',
    },
    ...{ objective: defaultObjective, readings: { ...readings, compressing }, predicted: null },
    choice: { compression: 'zstd', connections: 1, why: '' },
    measured: { ...measured, memoryBytes: 20e6, pageBytes: 80e6 },
  };
  const { packed, memoryShare, paceShare } = believed({
    readings,
    earlier: Array.from({ length: 30 }, () => past),
  });
  t.is(quantile(packed, 0.5), 0.25);
  t.true(Math.abs(quantile(memoryShare, 0.5) - 80e6 / (100 * MIB)) < 0.01);
  t.true(Math.abs(quantile(paceShare, 0.5) - 0.8) < 0.01); // 20 MB at 10 MB/s, in 2.5 s
});

test('what does not converge has no end, and says why', (t) => {
  const told = foretell({ dirtyBytesPerSecond: 5e7 }, { autoConverge: false });
  t.like(told, { converges: false, totalMs: null, downtimeMs: null, rounds: null, memoryBytes: null });
  t.regex(told?.why ?? '', /writes its memory at 50\.0 MB\/s and 10\.0 MB\/s get through/);
  const slowed = foretell({ dirtyBytesPerSecond: 5e7 });
  t.true(slowed?.converges);
  t.regex(slowed?.why ?? '', /slowed down, to about \d+ % of its pace/);
});

test('a guest that is paused for the copy converges, and stands still for all of it', (t) => {
  const told = foretell({ dirtyBytesPerSecond: 5e7 }, { mode: 'suspend' });
  t.true(told?.converges);
  t.is(told?.rounds?.high, 1);
  t.true((told?.downtimeMs?.low ?? 0) > 3_000);
});
