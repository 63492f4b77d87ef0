/** What a person, or control, does about a migration that stopped or left something behind. */
import test from 'ava';
import { cleanUp, cleanUpAt } from '../../../src/control/migrate/clean-up.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { away, ended, traveller, twoHosts } from './two-hosts.ts';

const lost = new BlanketError('migrate.strange', 'The destination gives no answer that can be used.');

/** Nobody knows whether the guest runs at the destination, and control has given it up. */
async function stopped(own: Awaited<ReturnType<typeof twoHosts>>): Promise<string> {
  own.hooks.before.set('b1 migrate.finish', () => {
    throw lost;
  });
  const id = own.migrate();
  await ended(own.operations, id);
  own.hooks.before.clear();
  return id;
}

test('an operation that needs attention is taken up again, and the guest arrives', async (t) => {
  const own = await twoHosts(t);
  const id = await stopped(own);
  t.like(own.operations.show(id), { state: 'attention', problem: { code: 'migrate.strange' } });
  t.is(own.store.guests.get(traveller).state, 'attention');
  t.like(own.operations.resume(id), { state: 'running', problem: null, endedAt: null });
  t.like(await ended(own.operations, id), { state: 'done', problem: null });
  t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
  t.like(own.store.guests.get(traveller), { state: 'running', host: 'b1' });
});

test('one whose guest is known not to have gone on goes back', async (t) => {
  const own = await twoHosts(t);
  const id = await stopped(own);
  own.destination.finishFails = new Error('no room for its memory');
  own.operations.resume(id);
  t.is((await ended(own.operations, id)).state, 'rolled-back');
  t.deepEqual(own.states(), { a1: 'running', b1: 'absent' });
  t.like(own.store.guests.get(traveller), { state: 'running', host: 'a1' });
});

test('only what stopped is resumed, and not after something else was done', async (t) => {
  const own = await twoHosts(t);
  const id = await stopped(own);
  own.operations.define({
    ...{ kind: 'guest.stop', afterRestart: 'undo', undoneState: 'failed' },
    phases: [{ name: 'stop', do: async () => undefined }],
  });
  const later = own.operations.start('guest.stop', `guest/${traveller}`, {});
  t.throws(() => own.operations.resume(id), { code: 'operation.busy' });
  await ended(own.operations, later.id);
  t.throws(() => own.operations.resume(later.id), { code: 'operation.not-stopped' });
  // both may have begun within one millisecond
  own.store.operations.update(later.id, { createdAt: new Date(Date.now() + 1_000).toISOString() });
  t.throws(() => own.operations.resume(id), { code: 'operation.superseded' });
});

async function leftBehind(own: Awaited<ReturnType<typeof twoHosts>>): Promise<string> {
  own.hooks.after.set('a1 migrate.perform', () => {
    own.hooks.before.set('b1 migrate.discard', () => {
      throw new Error('the agent’s disk is broken');
    });
    own.operations.cancel(id);
  });
  const id = own.migrate();
  await ended(own.operations, id);
  own.hooks.after.clear();
  return id;
}

test('what was left on a host is removed, once, and the guest can go there again', async (t) => {
  const own = await twoHosts(t);
  const id = await leftBehind(own);
  t.is(own.store.operations.get(id).flowState.leftBehind, 'b1');
  t.is(own.states().b1, 'paused');
  own.hooks.before.set('b1 migrate.discard', () => {
    throw away('b1');
  });
  await t.throwsAsync(cleanUp(own.services, id), { code: 'ssh.unreachable' });
  t.is(own.store.operations.get(id).flowState.leftBehind, 'b1');
  own.hooks.before.clear();
  await cleanUp(own.services, id);
  await cleanUp(own.services, id);
  t.deepEqual(own.states(), { a1: 'running', b1: 'absent' });
  t.is((await ended(own.operations, own.migrate())).state, 'done');
});

test('a host that is back is cleaned up by control itself; what cannot be yet is tried again', async (t) => {
  const own = await twoHosts(t);
  const id = await leftBehind(own);
  await cleanUpAt(own.services, 'b1');
  t.is(own.store.operations.get(id).flowState.leftBehind, 'b1');
  own.hooks.before.clear();
  await cleanUpAt(own.services, 'a1');
  t.is(own.states().b1, 'paused');
  await cleanUpAt(own.services, 'b1');
  t.is(own.states().b1, 'absent');
  t.is(own.store.operations.get(id).flowState.leftBehind, null);
});

test('a guest that has come to live there since is not touched', async (t) => {
  const own = await twoHosts(t);
  const id = await leftBehind(own);
  own.hooks.before.set('b1 migrate.discard', () => {
    t.fail('it lives there');
  });
  own.store.guests.update(traveller, { host: 'b1' });
  await cleanUp(own.services, id);
  t.is(own.store.operations.get(id).flowState.leftBehind, null);
});
