import test from 'ava';
import { addCounts, countTap, formatCounts, noCounts } from '../../infra/test/tap.ts';

const stream = `TAP version 13
ok 1 - names › a good one
# a comment that says not ok
not ok 2 - names › a bad one
  ---
    message: not ok at all
  ...
ok 3 - later # SKIP
not ok 4 - some day # TODO
ok 5 - speaks of skip # and more

1..5
`;

test('counts passed, failed and skipped, and nothing from diagnostics', (t) => {
  const tap = countTap();
  tap.add(stream);
  t.deepEqual(tap.counts(), { passed: 2, failed: 1, skipped: 2 });
});

test('pieces may end anywhere', (t) => {
  const tap = countTap();
  for (const char of stream) tap.add(char);
  t.deepEqual(tap.counts(), { passed: 2, failed: 1, skipped: 2 });
});

test('a last line without its end counts', (t) => {
  const tap = countTap();
  tap.add('ok 1 - one');
  t.deepEqual(tap.counts(), { passed: 1, failed: 0, skipped: 0 });
});

test('the line that ends a run', (t) => {
  const one = { passed: 3, failed: 0, skipped: 1 };
  t.is(formatCounts(addCounts(one, noCounts)), '3 passed, 0 failed, 1 skipped');
});
