import test, { type ExecutionContext } from 'ava';
import { leftOfTotal, withinTotal } from '../../../src/control/migrate/deadline.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { defaultObjective, type Objective } from '../../../src/wire/objective.ts';
import { rig } from '../network/rig.ts';

const never = new Promise<never>(() => undefined);

/** A migration that was asked for some time ago. */
function asked(t: ExecutionContext, agoMs: number, objective: Partial<Objective>) {
  const { services } = rig(t);
  const createdAt = new Date(Date.now() - agoMs).toISOString();
  services.store.operations.get = (() => ({ createdAt })) as never;
  const state = { operation: 'op', guest: 'web1', objective: { ...defaultObjective, ...objective } };
  return { services, state: state as MigrateState };
}

test('the agent gets what is left of the time, and never none', (t) => {
  const early = asked(t, 10_000, { maxTotalMs: 60_000 });
  const left = leftOfTotal(early.services, early.state) ?? 0;
  t.true(left > 0 && left <= 50_000);
  const late = asked(t, 70_000, { maxTotalMs: 60_000 });
  t.is(leftOfTotal(late.services, late.state), 1);
  const free = asked(t, 70_000, {});
  t.is(leftOfTotal(free.services, free.state), undefined);
});

test('what takes too long before the guest is touched is a missed objective', async (t) => {
  const { services, state } = asked(t, 70_000, { maxTotalMs: 60_000 });
  const error = await t.throwsAsync(withinTotal(services, state, never), { instanceOf: BlanketError });
  t.like(error, { code: 'migrate.objective-missed', kind: 'rolled-back' });
});

test('what is in time, or to go on paused, is waited for', async (t) => {
  const work = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 7;
  };
  const inTime = asked(t, 0, { maxTotalMs: 60_000 });
  t.is(await withinTotal(inTime.services, inTime.state, work()), 7);
  const paused = asked(t, 70_000, { maxTotalMs: 60_000, onTimeout: 'pause' });
  t.is(await withinTotal(paused.services, paused.state, work()), 7);
});
