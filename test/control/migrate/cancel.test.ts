/** What becomes of a cancel, whenever it comes. */
import test from 'ava';
import { Operations } from '../../../src/control/operations/operations.ts';
import { diskOf } from '../../guest-agent/migrate/pair.ts';
import { away, ended, flowOf, traveller, twoHosts } from './two-hosts.ts';

test('the whole way ends at the destination', async (t) => {
  const own = await twoHosts(t);
  t.like(await ended(own.operations, own.migrate()), { state: 'done', problem: null });
  t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
  t.like(own.store.guests.get(traveller), { host: 'b1', state: 'running' });
});

test('a cancel between copy and cutover: the guest that stood still goes on at the source', async (t) => {
  const own = await twoHosts(t);
  own.hooks.after.set('a1 migrate.perform', () => {
    t.is(own.states().a1, 'paused');
    own.operations.cancel(id);
  });
  const id = own.migrate();
  t.like(await ended(own.operations, id), { state: 'cancelled', problem: { code: 'operation.cancelled' } });
  t.deepEqual(own.states(), { a1: 'running', b1: 'absent' });
  t.false(diskOf(own.destination));
  t.like(own.store.guests.get(traveller), { host: 'a1', state: 'running' });
});

test('a cancel past the point of no return is refused, and the guest arrives', async (t) => {
  const own = await twoHosts(t);
  own.hooks.before.set('b1 migrate.finish', () => {
    const error = t.throws(() => own.operations.cancel(id), { code: 'operation.past-return' });
    t.like(error, { kind: 'conflict', data: { operation: id } });
  });
  const id = own.migrate();
  t.is((await ended(own.operations, id)).state, 'done');
  t.is(own.states().b1, 'running');
});

test('a cancel is not lost with the control that heard it', async (t) => {
  const own = await twoHosts(t);
  const dead = new Promise<never>(() => undefined);
  own.hooks.before.set('a1 migrate.perform', () => dead);
  const id = own.migrate();
  while (own.operations.show(id).phases.find(({ name }) => name === 'copy')?.state !== 'running')
    await new Promise((resolve) => setImmediate(resolve));
  own.operations.cancel(id);
  own.hooks.before.clear();
  const next = new Operations(own.store, own.services.log);
  next.define(flowOf(own.services));
  next.recoverAll();
  t.is((await ended(next, id)).state, 'cancelled');
  t.deepEqual(own.states(), { a1: 'running', b1: 'absent' });
});

test('a destination that is away does not keep the guest from going on at the source, and what stays there is noted', async (t) => {
  const own = await twoHosts(t);
  own.hooks.after.set('a1 migrate.perform', () => {
    own.hooks.before.set('b1 migrate.discard', () => {
      throw away('b1');
    });
    own.operations.cancel(id);
  });
  own.hooks.after.set('a1 migrate.keep', () => {
    t.is(own.states().a1, 'running');
    own.hooks.before.set('b1 migrate.discard', () => {
      throw new Error('the agent’s disk is broken');
    });
  });
  const id = own.migrate();
  t.is((await ended(own.operations, id)).state, 'cancelled');
  t.is(own.store.operations.get(id).flowState.leftBehind, 'b1');
  t.true(diskOf(own.destination));
});
