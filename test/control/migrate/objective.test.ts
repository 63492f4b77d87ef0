import test from 'ava';
import { objectiveFor } from '../../../src/control/migrate/objective.ts';
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
  ['objective.suspend-pause', { mode: 'suspend', maxTotalMs: 60_000, onTimeout: 'pause' }],
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
  t.is(objectiveFor({ onTimeout: 'pause' }, { maxTotalMs: 60_000 }).onTimeout, 'pause');
});
