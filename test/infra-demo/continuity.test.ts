import test from 'ava';
import { judge, type Sample } from '../../infra/demo/continuity.ts';

const sample = (at: number, count: number, rest: Partial<Sample> = {}): Sample => ({
  at,
  count,
  bootId: 'b1',
  persisted: count - 1,
  uptimeMs: 1_000 + at,
  ...rest,
});

test('the longest silence lies between two answers', (t) => {
  const { gapMs, replies, faults } = judge(
    [sample(0, 10), sample(40, 11), sample(500, 12), sample(540, 13)],
    550,
  );
  t.deepEqual({ gapMs, replies, faults }, { gapMs: 460, replies: 4, faults: [] });
});

test('silence until the end counts as well', (t) => {
  t.is(judge([sample(0, 10), sample(40, 11)], 900).gapMs, 860);
});

test('no answer at all proves nothing', (t) => {
  t.throws(() => judge([], 100), { message: /never answered/ });
});

for (const [what, after, says] of [
  ['a restart', { bootId: 'b2' }, /boot id changed from b1 to b2/],
  ['a step back of the count', { count: 9, persisted: 9 }, /count fell from 10 to 9/],
  ['a step back of the disk', { persisted: 3 }, /on the disk fell from 9 to 3/],
  ['a step back of the uptime', { uptimeMs: 5 }, /uptime fell from 1000 to 5/],
  ['a disk ahead of the count', { persisted: 99 }, /more than was counted/],
] as const) {
  test(`${what} is a fault`, (t) => {
    const { faults } = judge([sample(0, 10), sample(40, 11, after)], 50);
    t.regex(faults.join(' '), says);
  });
}

test('a frozen counter that still answers is a fault', (t) => {
  const { faults } = judge([sample(0, 10), sample(40, 10)], 50);
  t.deepEqual(faults, ['The count stayed at 10.', 'The count on the disk stayed at 9.']);
});
