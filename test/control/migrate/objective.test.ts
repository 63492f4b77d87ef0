import test from 'ava';
import { postCopyFindings } from '../../../src/control/migrate/findings/post-copy.ts';
import { objectiveFor } from '../../../src/control/migrate/objective.ts';
import { wayFor } from '../../../src/control/migrate/way.ts';
import { plainWay } from '../../../src/wire/copy-way.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { defaultObjective, type ObjectiveWish } from '../../../src/wire/objective.ts';

test("the command's wish goes before the guest's, and that before the default", (t) => {
  t.deepEqual(objectiveFor({}), defaultObjective);
  const ofGuest: ObjectiveWish = { maxDowntimeMs: 300, maxTotalMs: 60_000, onTimeout: 'pause' };
  t.like(objectiveFor({}, ofGuest), { maxDowntimeMs: 300, maxTotalMs: 60_000, onTimeout: 'pause' });
  t.like(objectiveFor({ maxDowntimeMs: 50 }, ofGuest), { maxDowntimeMs: 50, onTimeout: 'pause' });
});

const conflicts: [string, ObjectiveWish][] = [
  ['objective.no-total', { onTimeout: 'pause' }],
  ['objective.suspend-downtime', { mode: 'suspend', maxDowntimeMs: 300 }],
  ['objective.suspend-postcopy', { mode: 'suspend', maxTotalMs: 60_000, onTimeout: 'postcopy' }],
  ['objective.postcopy-connections', { maxTotalMs: 60_000, onTimeout: 'postcopy', connections: 2 }],
  ['objective.postcopy-verify', { maxTotalMs: 60_000, onTimeout: 'postcopy', verifyDisk: true }],
  ['objective.suspend-pause', { mode: 'suspend', maxTotalMs: 60_000, onTimeout: 'pause' }],
  ['objective.cold-downtime', { mode: 'cold', maxDowntimeMs: 300 }],
  ['objective.cold-pause', { mode: 'cold', maxTotalMs: 60_000, onTimeout: 'pause' }],
  ['objective.cold-connections', { mode: 'cold', connections: 4 }],
  ['objective.total-too-short', { maxTotalMs: 1_000, maxDowntimeMs: 1_000 }],
];
for (const [code, wish] of conflicts) {
  test(`wishes that contradict each other are a usage error: ${code}`, (t) => {
    const error = t.throws(() => objectiveFor(wish), { instanceOf: BlanketError });
    t.like(error, { code, kind: 'usage' });
  });
}

test('what a guest has set gives way to its command', (t) => {
  t.is(objectiveFor({ mode: 'suspend' }, { maxDowntimeMs: 300, onTimeout: 'pause' }).mode, 'suspend');
  t.is(objectiveFor({ mode: 'cold' }, { maxDowntimeMs: 300, connections: 4 }).mode, 'cold');
  t.is(objectiveFor({ onTimeout: 'pause' }, { maxTotalMs: 60_000 }).onTimeout, 'pause');
});

test('post-copy is asked for in words, never a default, and told to both hypervisors only then', (t) => {
  t.is(wayFor(objectiveFor({ maxTotalMs: 60_000 }), plainWay).postcopy, undefined);
  t.is(
    wayFor(objectiveFor({}, { onTimeout: 'postcopy' }), plainWay).postcopy,
    undefined,
    'no time that could be over',
  );
  const wish = { maxTotalMs: 60_000, onTimeout: 'postcopy' } as const;
  t.true(wayFor(objectiveFor(wish), plainWay).postcopy);
  t.true(wayFor(objectiveFor({}, wish), plainWay).postcopy);
  t.is(wayFor(objectiveFor({ mode: 'suspend' }, wish), plainWay).postcopy, undefined);
  t.throws(() => objectiveFor({ connections: 4 }, wish), { message: /several connections/ });
  t.throws(() => objectiveFor({ compress: 'zstd' }, wish), { message: /compressed/ });
  t.notThrows(() => objectiveFor({ compress: 'auto', connections: 'auto' }, wish));
});

test('a destination that cannot, or does not tell, blocks a plan that asks for it, and no other', (t) => {
  const wish = objectiveFor({ maxTotalMs: 60_000, onTimeout: 'postcopy' });
  const found = (survey: { postcopy?: boolean } | null) =>
    postCopyFindings(wish, 'b1', survey).map(({ id, level }) => `${id} ${level}`);
  t.deepEqual(found({ postcopy: true }), []);
  for (const survey of [{ postcopy: false }, {}, null])
    t.deepEqual(found(survey), ['migrate.no-postcopy blocker']);
  t.deepEqual(postCopyFindings(objectiveFor({}), 'b1', { postcopy: false }), []);
});
