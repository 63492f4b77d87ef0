import test from 'ava';
import { median, quantile, ratioOf, slopeOf, spreadOf } from '../../../infra/bench/libvirt/numbers.ts';

test('a median lies in the middle, whatever the order', (t) => {
  t.is(median([9, 1, 5]), 5);
  t.is(median([10, 1, 3, 2]), 2.5);
  t.is(median([7]), 7);
  t.true(Number.isNaN(median([])));
});

test('a quantile is one of the values', (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  t.is(quantile(hundred, 0.5), 50);
  t.is(quantile(hundred, 0.99), 99);
  t.is(quantile(hundred, 1), 100);
  t.is(quantile(hundred, 0), 1);
  t.true(Number.isNaN(quantile([], 0.5)));
});

test('a spread tells middle, least and greatest', (t) => {
  t.deepEqual(spreadOf([3, 1, 8]), { median: 3, min: 1, max: 8 });
});

test('a ratio is that of the medians; its spread is that of the rounds', (t) => {
  t.deepEqual(ratioOf([10, 20, 60], [10, 5, 20]), { median: 2, min: 1, max: 4 });
});

test('the slope of a line is found, noise that cancels out notwithstanding', (t) => {
  t.is(slopeOf([0, 10, 20].map((x) => ({ x, y: 5 + 3 * x }))), 3);
  const noisy = [1, -1, -1, 1].map((noise, x) => ({ x, y: 100 + noise }));
  t.is(slopeOf(noisy), 0);
});
