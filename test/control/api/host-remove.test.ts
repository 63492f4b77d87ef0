import test from 'ava';
import { hostHandlers } from '../../../src/control/api/host-handlers.ts';
import { ended, guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';

/** web1 of a1 was to go to b1, and nobody knows whether it did. */
function undecided(t: Parameters<typeof rig>[0]) {
  const own = rig(t);
  const { operations, services, store } = own;
  operations.define({ kind: 'host.remove', phases: [], afterRestart: 'resume', undoneState: 'failed' });
  store.guests.insert(guestRecord('web1', 'a1', { state: 'attention' }));
  store.operations.insert({
    ...{ name: 'm', id: 'm', kind: 'guest.migrate', subject: 'guest/web1', state: 'attention', version: 1 },
    ...{ flowState: { guest: 'web1', source: 'a1', destination: 'b1' }, progress: null, result: null },
    ...{ phases: [], problem: null, createdAt: '2026-01-02T03:04:05.000Z', endedAt: null },
  });
  const remove = async (name: string, force = false) =>
    ended(own, await hostHandlers(services)['host.remove']({ params: { name }, query: { force }, body: {} }));
  return { ...own, remove };
}

test('a host that a guest may have come to run on is kept, unless by force', async (t) => {
  const { remove } = undecided(t);
  const refused = await t.throwsAsync(remove('b1'), { code: 'host.in-use', message: /web1 may run on b1/ });
  t.like(refused, { kind: 'conflict', data: { guests: ['web1'] } });
  await t.notThrowsAsync(remove('c1'));
  await t.notThrowsAsync(remove('b1', true));
});

test('once a person has decided on the guest the host may go', async (t) => {
  const { remove, store } = undecided(t);
  store.guests.update('web1', { state: 'running' });
  await t.notThrowsAsync(remove('b1'));
});

test('force is not enough for one that guests are on, or that a migration goes to', async (t) => {
  const { remove, store } = undecided(t);
  await t.throwsAsync(remove('a1', true), { code: 'host.in-use', message: /1 guest/ });
  store.operations.update('m', { state: 'running' });
  await t.throwsAsync(remove('b1', true), { code: 'host.in-use', message: /guest.migrate/ });
});
