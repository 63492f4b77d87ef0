import test from 'ava';
import { type ClockSample, driftBetween, offsetOf } from '../../../src/control/conform/clock-offset.ts';

const sample = (sentMs: number, receivedMs: number, unixMs: number): ClockSample => ({
  sentMs,
  receivedMs,
  unixMs,
});

test('the fastest of several answers is taken, from the middle of its way', (t) => {
  const samples = [sample(0, 100, 500), sample(1000, 1010, 1105), sample(2000, 2050, 2130)];
  t.deepEqual(offsetOf(samples), { atMs: 1005, offsetMs: 100, uncertaintyMs: 6, spreadMs: 1 });
});

test('samples that make no sense are left out', (t) => {
  t.is(offsetOf([]), undefined);
  t.is(offsetOf([sample(100, 50, 75), sample(0, 10, Number.NaN)]), undefined);
  t.like(offsetOf([sample(100, 50, 75), sample(0, 30, 15)]), { atMs: 15, offsetMs: 0 });
});

test('drift is what the host gains over the distance, as uncertain as both ends', (t) => {
  const first = { atMs: 0, offsetMs: 100, uncertaintyMs: 20, spreadMs: 2 };
  const second = { atMs: 60_000, offsetMs: 103, uncertaintyMs: 4, spreadMs: 4 };
  t.deepEqual(driftBetween(first, second, 'tsc'), {
    ...{ offsetMs: 103, offsetUncertaintyMs: 4, ppm: 50, ppmUncertainty: 100, overMs: 60_000, source: 'tsc' },
  });
  t.is(driftBetween(first, { ...second, offsetMs: 97 }, 'tsc')?.ppm, -50);
});

test('without a distance there is no drift', (t) => {
  const one = { atMs: 10, offsetMs: 1, uncertaintyMs: 1, spreadMs: 1 };
  t.is(driftBetween(one, one, 'tsc'), undefined);
  t.is(driftBetween(one, { ...one, atMs: 5 }, 'tsc'), undefined);
  t.is(driftBetween(one, { ...one, atMs: Number.NaN }, 'tsc'), undefined);
});

test('slow answers say nothing of how far fast ones lie apart', (t) => {
  const fast = [sample(0, 10, 105), sample(100, 110, 208), sample(200, 211, 303)];
  const slow = Array.from({ length: 9 }, (_, index) => sample(1000, 1500 + index, 5000));
  t.is(offsetOf([...slow, ...fast])?.spreadMs, 103 - 97.5 + 1);
});
