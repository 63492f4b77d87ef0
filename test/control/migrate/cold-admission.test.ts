/** Whether a guest goes cold, as it is journaled from the first moment on. */
import test from 'ava';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import { type Rig, rig } from '../drain/rig.ts';

const journaled = (own: Rig, id: string) => own.store.operations.get(id).flowState as MigrateState;

test('left to Blanket a guest that runs goes live, and one that is stopped as it is', async (t) => {
  const own = rig(t);
  own.addGuest('web1', 'a1', 64);
  own.addGuest('idle', 'a1', 64, { state: 'stopped' });
  const live = journaled(own, (await own.migrate('web1', 'b1')).id);
  t.is(live.cold, undefined);
  t.is(live.objective.mode, 'auto');
  t.like(journaled(own, (await own.migrate('idle', 'b1')).id), {
    cold: { wasRunning: false },
    objective: { mode: 'cold' },
  });
});

test('a guest that runs is shut down only when somebody says so, and one that is stopped is not sent live', async (t) => {
  const own = rig(t);
  own.addGuest('web1', 'a1', 64);
  own.addGuest('idle', 'a1', 64, { state: 'stopped' });
  const cold = await own.migrate('web1', 'b1', { mode: 'cold' });
  t.like(journaled(own, cold.id), { cold: { wasRunning: true }, objective: { mode: 'cold' } });
  await t.throwsAsync(own.migrate('idle', 'b1', { mode: 'live' }), { code: 'migrate.not-running' });
});

test('a guest that is started while its destination is asked goes live', async (t) => {
  const own = rig(t);
  own.addHost('d1', 4, { cpu: null });
  own.addGuest('idle', 'a1', 64, { state: 'stopped' });
  const { cpu } = own.store.hosts.get('b1');
  let asked = 0;
  const call = async () => {
    asked += 1;
    own.store.guests.update('idle', { state: 'running' });
    return cpu;
  };
  Object.assign(own.agents, { call });
  const { id } = await own.migrate('idle', 'd1');
  t.true(asked > 0);
  t.is(journaled(own, id).cold, undefined);
  t.is(journaled(own, id).objective.mode, 'auto');
});

test('a time-out that would pause the guest ends a cold one: nothing is there to pause', async (t) => {
  const own = rig(t);
  const objective = { maxTotalMs: 60_000, onTimeout: 'pause' as const };
  own.addGuest('idle', 'a1', 64, { state: 'stopped', objective });
  t.like(journaled(own, (await own.migrate('idle', 'b1')).id).objective, {
    maxTotalMs: 60_000,
    onTimeout: 'abort',
  });
});
