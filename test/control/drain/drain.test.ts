import test from 'ava';
import { BlanketError } from '../../../src/wire/errors.ts';
import { type DrainResult, drainResultSchema } from '../../../src/wire/routes/drain.ts';
import { type Rig, rig } from './rig.ts';

const resultOf = (operation: { result: unknown }): DrainResult => drainResultSchema.parse(operation.result);
const noRoom = () => new BlanketError('migrate.no-memory', 'It has no room.', { kind: 'blocked' });

test('the largest guest goes first, each to the host with the most memory free, so many at a time', async (t) => {
  const own = rig(t);
  own.addGuest('small', 'a1', 64);
  own.addGuest('large', 'a1', 512);
  own.addGuest('middle', 'a1', 128);
  own.addGuest('other', 'b1', 64);
  const begun = await own.drain('a1');
  t.deepEqual(await own.underWay(2), ['large b1', 'middle c1'], 'what is on its way to b1 counts there');
  own.end('middle');
  while (!own.copies.has('small')) await own.underWay(2);
  t.deepEqual(await own.underWay(2), ['large b1', 'small c1']);
  own.end('large');
  own.end('small');
  const operation = await own.ended(begun);
  t.is(operation.state, 'done', JSON.stringify(operation.problem));
  t.like(resultOf(operation), { host: 'a1', gone: 3, stays: 0 });
  t.deepEqual(
    resultOf(operation).guests.map(({ guest, state, to }) => `${guest} ${state} ${to}`),
    ['large gone b1', 'middle gone c1', 'small gone c1'],
  );
  t.regex(resultOf(operation).guests[0]?.operation ?? '', /^guest-migrate-/);
});

test('progress tells how many have gone, and who is on the way', async (t) => {
  const own = rig(t);
  for (const name of ['w1', 'w2']) own.addGuest(name, 'a1', 64);
  const begun = await own.drain('a1', { parallel: 1, to: ['b1'] });
  await own.underWay(1);
  own.end('w1');
  while (!own.copies.has('w2')) await own.underWay(1);
  await new Promise((resolve) => setImmediate(resolve));
  t.is(own.operations.show(begun.id).progress?.message, '1 of 2 guests gone; w2 to b1 (copy)');
  own.end('w2');
  await own.ended(begun);
});

test('only hosts that were named are gone to, and none in maintenance, of another engine, full or silent', async (t) => {
  const own = rig(t);
  own.addHost('d1', 4, { maintenance: true });
  own.addHost('e1', 5, { engine: 'xen' });
  own.addHost('f1', 6);
  own.addHost('g1', 7);
  own.rooms.f1 = { memoryFree: 1, diskFree: 2 ** 30 };
  delete own.rooms.g1;
  own.addGuest('web1', 'a1', 64);
  const operation = await own.ended(await own.drain('a1', { to: ['d1', 'e1', 'f1', 'g1'] }));
  const [web1] = resultOf(operation).guests;
  t.like(web1, { state: 'stays', problem: { code: 'drain.nowhere', kind: 'blocked' } });
  t.deepEqual(web1?.problem?.data?.hosts, {
    d1: 'host.in-maintenance',
    e1: 'migrate.other-engine',
    f1: 'migrate.no-memory',
    g1: 'ssh.unreachable',
  });
  t.like(operation, { state: 'failed', problem: { code: 'drain.incomplete', kind: 'blocked' } });
  t.regex(operation.problem?.message ?? '', /1 of 1 guest\(s\) stay\. web1: web1 can go nowhere\. d1: /);
});

test('a guest that cannot go is told of, the rest goes on, and the drain is not done', async (t) => {
  const own = rig(t);
  for (const name of ['w1', 'w2']) own.addGuest(name, 'a1', 64);
  const begun = await own.drain('a1', { to: ['b1'], parallel: 1 });
  await own.underWay(1);
  own.end('w1', new BlanketError('migrate.stuck', 'It does not converge.', { kind: 'rolled-back' }));
  while (!own.copies.has('w2')) await own.underWay(1);
  own.end('w2');
  const operation = await own.ended(begun);
  t.like(operation, { state: 'failed', problem: { kind: 'rolled-back', data: { guests: ['w1'] } } });
  t.like(resultOf(operation), { gone: 1, stays: 1 });
  t.like(resultOf(operation).guests[0], { guest: 'w1', state: 'stays', problem: { code: 'migrate.stuck' } });
  // again goes on with it
  const again = await own.drain('a1');
  await own.underWay(1);
  own.end('w1');
  t.is((await own.ended(again)).state, 'done');
});

test('refused by one host before anything was moved, a guest is taken to another', async (t) => {
  const own = rig(t);
  own.rooms.c1 = { memoryFree: 2 ** 29, diskFree: 2 ** 30 };
  own.addGuest('web1', 'a1', 64);
  const begun = await own.drain('a1');
  t.deepEqual(await own.underWay(1), ['web1 b1']);
  own.end('web1', noRoom());
  while (own.copies.get('web1')?.state.destination !== 'c1') await own.underWay(1);
  own.end('web1', noRoom());
  const operation = await own.ended(begun);
  t.like(operation, { problem: { code: 'drain.incomplete', kind: 'blocked' } });
  t.like(resultOf(operation).guests[0], { problem: { code: 'drain.nowhere' } });
});

test('a guest that needs attention makes the drain need it too', async (t) => {
  const own = rig(t);
  own.addGuest('web1', 'a1', 64, { state: 'attention' });
  const operation = await own.ended(await own.drain('a1'));
  t.like(operation, { problem: { code: 'drain.incomplete', kind: 'attention' } });
});

test('cancelled, it begins nothing new and cancels what is under way', async (t) => {
  const own = rig(t);
  for (const name of ['w1', 'w2', 'w3']) own.addGuest(name, 'a1', 64);
  const begun = await own.drain('a1');
  await own.underWay(2);
  own.operations.cancel(begun.id);
  const operation = await own.ended(begun);
  t.like(operation, { state: 'cancelled', problem: { kind: 'cancelled' } });
  t.deepEqual(own.operations.using('a1'), []);
  t.deepEqual(own.copies.size, 0);
  t.true(own.store.hosts.get('a1').maintenance);
  t.deepEqual(
    own.operations.list().map(({ kind, state }) => `${kind} ${state}`),
    ['guest.migrate cancelled', 'guest.migrate cancelled', 'host.drain cancelled'],
  );
});

test('cancelled, it waits for a migration that is past its point of no return', async (t) => {
  const own = rig(t);
  own.addGuest('w1', 'a1', 64);
  const arrived = Promise.withResolvers<void>();
  const begins = Promise.withResolvers<void>();
  const cutover = () => {
    begins.resolve();
    return arrived.promise;
  };
  own.operations.define({
    ...{ kind: 'guest.migrate', afterRestart: 'resume', undoneState: 'rolled-back' },
    phases: [{ name: 'cutover', noReturn: true, do: cutover }],
    end: () => void own.store.guests.update('w1', { host: 'b1' }),
  });
  const begun = await own.drain('a1');
  await begins.promise;
  const isGoing = () => JSON.stringify(own.store.operations.get(begun.id).flowState).includes('"going"');
  while (!isGoing()) await own.operations.wait(begun.id, own.operations.show(begun.id).version, 100);
  own.operations.cancel(begun.id);
  arrived.resolve();
  t.like(await own.ended(begun), { state: 'cancelled' });
  t.like(
    own.operations.list().find(({ kind }) => kind === 'guest.migrate'),
    { state: 'done' },
  );
  t.is(own.store.guests.get('w1').host, 'b1');
});

test('cancelled, it leaves what a person has begun alone, and waits for it no longer', async (t) => {
  const own = rig(t);
  for (const name of ['w1', 'w2']) own.addGuest(name, 'a1', 64);
  const begun = await own.drain('a1', { parallel: 1 });
  await own.underWay(1);
  const byHand = await own.migrate('w2', 'c1');
  await own.underWay(2);
  own.end('w1');
  const waitsForIt = () => JSON.stringify(own.store.operations.get(begun.id).flowState).includes(byHand.id);
  while (!waitsForIt()) await own.operations.wait(begun.id, own.operations.show(begun.id).version, 100);
  own.operations.cancel(begun.id);
  const operation = await own.ended(begun);
  t.like(operation, { state: 'cancelled' });
  t.like(resultOf(operation).guests[1], { guest: 'w2', state: 'waiting', to: null, operation: null });
  t.is(own.operations.show(byHand.id).state, 'running');
  own.end('w2');
  t.is((await own.ended(byHand)).state, 'done');
  t.is(own.store.guests.get('w2').host, 'c1');
});

/** Another control with what this one has written so far; `noted` was the last thing. */
async function crashed(own: Rig, next: Rig, noted: object = {}): Promise<Rig> {
  for (const record of own.store.operations.list()) {
    next.store.operations.insert({ ...record, ...noted });
  }
  for (const guest of own.store.guests.list()) next.store.guests.insert(guest);
  for (const { id, kind } of own.operations.list()) {
    if (kind === 'host.drain') own.operations.cancel(id);
  }
  for (const { id } of own.operations.list()) await own.ended({ id });
  return next;
}

test('a control that takes it up again waits for the migrations that go on, and begins no second one', async (t) => {
  const own = rig(t);
  for (const name of ['w1', 'w2', 'w3']) own.addGuest(name, 'a1', 64);
  const begun = await own.drain('a1', { to: ['b1'] });
  await own.underWay(2);
  const next = await crashed(own, rig(t));
  next.operations.recoverAll();
  t.deepEqual(await next.underWay(2), ['w1 b1', 'w2 b1']);
  next.end('w1');
  while (!next.copies.has('w3')) await next.underWay(2);
  next.end('w2');
  next.end('w3');
  t.is((await next.ended(begun)).state, 'done');
  t.is(next.operations.list().filter(({ kind }) => kind === 'guest.migrate').length, 3);
});

test('a cancel outlives a restart of control', async (t) => {
  const own = rig(t);
  for (const name of ['w1', 'w2']) own.addGuest(name, 'a1', 64);
  const begun = await own.drain('a1', { parallel: 1 });
  await own.underWay(1);
  const next = await crashed(own, rig(t), { cancelAskedAt: '2026-01-02T03:04:05.000Z' });
  next.operations.recoverAll();
  t.is((await next.ended(begun)).state, 'cancelled');
  t.deepEqual(
    next.operations.list().map(({ state }) => state),
    ['cancelled', 'cancelled'],
  );
});

test('what a person does with a guest meanwhile is waited for', async (t) => {
  const own = rig(t);
  own.addGuest('web1', 'a1', 64);
  await own.migrate('web1', 'c1');
  await own.underWay(1);
  const begun = await own.drain('a1', { to: ['b1'] });
  t.regex(
    own.operations.show(begun.id).progress?.message ?? '',
    /^waiting for guest\.migrate of guest\/web1 /,
  );
  own.end('web1');
  t.like(resultOf(await own.ended(begun)), { gone: 0, stays: 0 });
  t.is(own.store.guests.get('web1').host, 'c1');
});
