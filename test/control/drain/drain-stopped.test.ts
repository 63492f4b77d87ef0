/** Guests that are stopped on a host that is drained. */
import test from 'ava';
import { BlanketError } from '../../../src/wire/errors.ts';
import { type DrainResult, drainResultSchema } from '../../../src/wire/routes/drain.ts';
import { type Rig, rig } from './rig.ts';

const resultOf = (operation: { result: unknown }): DrainResult => drainResultSchema.parse(operation.result);

/** What is journaled of the guest's migration that is under way. */
const journaled = (own: Rig, guest: string) =>
  own.store.operations.where({ state: 'running', subject: `guest/${guest}` })[0]?.flowState;

test('asked to take them along, stopped guests go last, as they are and without room for their memory', async (t) => {
  const own = rig(t);
  for (const host of ['b1', 'c1']) own.rooms[host] = { memoryFree: 256 * 2 ** 20, diskFree: 2 ** 30 };
  own.addGuest('idle', 'a1', 512, { state: 'stopped' });
  own.addGuest('web1', 'a1', 64);
  const begun = await own.drain('a1', { stopped: true, parallel: 1 });
  t.deepEqual(await own.underWay(1), ['web1 b1']);
  t.is(journaled(own, 'web1')?.cold, undefined);
  own.end('web1');
  while (!own.copies.has('idle')) await own.underWay(1);
  t.like(journaled(own, 'idle'), { cold: { wasRunning: false }, objective: { mode: 'cold' } });
  own.end('idle');
  const operation = await own.ended(begun);
  t.is(operation.state, 'done', JSON.stringify(operation.problem));
  t.like(resultOf(operation), { gone: 2, stays: 0 });
});

test('one that cannot go makes that drain incomplete, also when it is stopped', async (t) => {
  const own = rig(t);
  own.addGuest('idle', 'a1', 64, { state: 'stopped' });
  const begun = await own.drain('a1', { stopped: true });
  await own.underWay(1);
  own.end('idle', new BlanketError('cold.differs', 'They differ.', { kind: 'rolled-back' }));
  const operation = await own.ended(begun);
  t.like(operation, { problem: { code: 'drain.incomplete', data: { guests: ['idle'] } } });
  t.regex(operation.problem?.next ?? '', /blanket drain a1 --stopped/);
});

test('a stopped guest stays and is told of, and the host is drained', async (t) => {
  const own = rig(t);
  own.addGuest('cold', 'a1', 64, { state: 'stopped' });
  const operation = await own.ended(await own.drain('a1'));
  t.is(operation.state, 'done');
  t.like(resultOf(operation), { gone: 0, stays: 1, warnings: [{ code: 'drain.stopped' }] });
});
