/**
 * The migration's protocol, every interleaving of it up to a number of faults (docs/decisions/migration-model.md). What is
 * looked for: two running copies, a guest that runs on old data, the last good memory or disk erased, a cancelled
 * migration that goes on, a source woken after it has switched to post-copy, something left over at an end, and a world from which no end can be reached.
 */
import test, { type ExecutionContext } from 'ava';
import { explore } from './explore.ts';
import { allRules, type Rules } from './rules.ts';

const told = (
  t: ExecutionContext,
  faults: number,
  person: boolean,
  rules: Rules = allRules,
  postcopy = false,
) => {
  const { worlds, ends, found } = explore(rules, faults, person, postcopy);
  t.log(
    `${worlds} worlds, ${ends} ends, up to ${faults} faults${person ? ', cancelled or not, and once more' : ''}`,
  );
  if (found !== undefined) t.log(`${found.what}:\n  ${found.way.join('\n  ')}`);
  return found?.what;
};

test('one migration, up to three faults anywhere', (t) => {
  t.is(told(t, 3, false), undefined);
});

test('cancelled at any time, and a second migration after the first, up to two faults anywhere', (t) => {
  t.is(told(t, 2, true), undefined);
});

test('post-copy asked for, up to two faults anywhere', (t) => {
  t.is(told(t, 2, false, allRules, true), undefined);
});

test('post-copy asked for and cancelled at any time, and a second migration, with one fault anywhere', (t) => {
  t.is(told(t, 1, true, allRules, true), undefined);
});

/** As below, in post-copy. */
const withoutInPostCopy: [keyof Rules, string][] = [
  ['notesSwitch', 'the source is woken after the switch'],
  ['refusesSwitched', 'the source is woken after the switch'],
  ['confirmsWhenWhole', 'memory that the guest lacks is erased'],
];

for (const [rule, what] of withoutInPostCopy) {
  test(`post-copy without ${rule}, one fault is enough: ${what}`, (t) => {
    t.is(told(t, 1, true, { ...allRules, [rule]: false }, true), what);
  });
}

/** Each safeguard left out, and what comes of it: the checker sees it. */
const without: [keyof Rules, string][] = [
  ['leases', 'two running copies'],
  ['closedDoors', 'undone, and a job is left over'],
  ['asksAfterFinish', 'the last good disk is erased'],
  ['confirmsAfterFinish', 'the last good memory is erased'],
  ['cancelIsKept', 'a cancelled migration goes on to its cutover'],
  ['waitsForCopy', 'no end can be reached'],
];

for (const [rule, what] of without) {
  test(`without ${rule}, one fault is enough: ${what}`, (t) => {
    t.is(told(t, 1, true, { ...allRules, [rule]: false }), what);
  });
}
