import test from 'ava';
import { isSlower, type Measured, scoreOf } from '../../../../src/guest-agent/engines/probe/score.ts';

const reference: Measured = { bootMs: 2_500, cpuMs: 240, memoryMs: 60, exitsPerSecond: 1_300_000 };
const score = (change: Measured) => scoreOf({ ...reference, ...change }) ?? 0;

test('the reference machine has 100', (t) => t.is(scoreOf(reference), 100));

test('twice as fast in everything is 200, half as fast 50', (t) => {
  t.is(scoreOf({ bootMs: 1_250, cpuMs: 120, memoryMs: 30, exitsPerSecond: 2_600_000 }), 200);
  t.is(scoreOf({ bootMs: 5_000, cpuMs: 480, memoryMs: 120, exitsPerSecond: 650_000 }), 50);
});

for (const name of ['bootMs', 'cpuMs', 'memoryMs'] as const) {
  test(`more ${name} is a lower score`, (t) => {
    const scores = [1, 10, 100, 1_000, 10_000].map((ms) => score({ [name]: ms }));
    t.deepEqual(
      scores,
      scores.toSorted((a, b) => b - a),
    );
    t.is(new Set(scores).size, scores.length);
  });
}

test('more exits a second are a higher score', (t) =>
  t.true(score({ exitsPerSecond: 2_000_000 }) > score({ exitsPerSecond: 1_000_000 })));

test('what was not measured is left out', (t) => {
  t.is(scoreOf({ bootMs: 2_500 }), 100);
  t.is(scoreOf({ bootMs: 2_500, cpuMs: 0 }), 100);
  t.is(scoreOf({}), undefined);
});

test('engines are compared by what both have shown', (t) => {
  const kvm = { bootMs: 1_000, cpuMs: 20 };
  const tcg = { bootMs: 2_500, cpuMs: 240, exitsPerSecond: 90_000_000 };
  t.false(isSlower(kvm, tcg));
  t.true(isSlower(tcg, kvm));
  t.false(isSlower(kvm, kvm));
});
