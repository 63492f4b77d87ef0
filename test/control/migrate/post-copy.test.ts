/** Control's flow once the guest has gone ahead of its memory: never back, whatever fails and whoever cancels. */
import test, { type ExecutionContext } from 'ava';
import { objectiveSchema } from '../../../src/wire/objective.ts';
import type { OperationState } from '../../../src/wire/resources.ts';
import { diskOf } from '../../guest-agent/migrate/pair.ts';
import { away, ended, traveller, twoHosts } from './two-hosts.ts';

const objective = objectiveSchema.parse({ maxTotalMs: 1_000, onTimeout: 'postcopy' });
const way = { suspended: false, autoConverge: true, connections: 1, postcopy: true };

/** The time is over at once; the source switches with its first look at the copy. */
async function late(t: ExecutionContext) {
  const own = await twoHosts(t, { endsByItself: false });
  const { source, destination, operations, store } = own;
  source.onPostCopy = () => {
    source.postCopy = 'active';
    source.copy?.end();
    source.copy = undefined;
  };
  const start = () => {
    const state = { guest: traveller, source: 'a1', destination: 'b1', objective, way };
    return operations.start('guest.migrate', `guest/${traveller}`, state).id;
  };
  const breaks = () => {
    destination.finishFails = new Error('the way is gone');
    destination.onFinishFails = () => {
      destination.states.set(traveller, 'running');
      destination.postCopy = 'failed';
      source.postCopy = 'failed';
    };
  };
  const taken = async (id: string) => ended(operations, operations.resume(id).id);
  /** As `blanket guest stop --force` does it: an operation of its own, after the migration. */
  const stop = async () => {
    operations.define({
      ...{ kind: 'guest.stop', afterRestart: 'undo', undoneState: 'failed' },
      phases: [{ name: 'stop', do: async () => void destination.states.set(traveller, 'stopped') }],
    });
    const { id } = operations.start('guest.stop', `guest/${traveller}`, {});
    await ended(operations, id);
    // both may have begun within one millisecond
    store.operations.update(id, { createdAt: new Date(Date.now() + 1_000).toISOString() });
    destination.postCopy = 'none';
  };
  const woken = () => source.calls.some((name) => name === 'confirm true');
  const hostOf = () => store.guests.get(traveller).host;
  return { ...own, start, breaks, taken, stop, woken, hostOf };
}

test('it goes over before its memory, and is there when that has come', async (t) => {
  const own = await late(t);
  const end = await ended(own.operations, own.start());
  t.is(end.state, 'done');
  t.like(end.result, { postcopy: true, memoryBytes: 65 }, 'what came after the switch counts, too');
  const { downtimeMs } = end.result as { downtimeMs: number | null };
  t.true(downtimeMs !== null && downtimeMs >= 12);
  t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
  t.deepEqual(own.source.calls, ['begin', 'perform', 'postcopy', 'confirm false']);
  t.deepEqual([diskOf(own.source), diskOf(own.destination)], [false, true]);
});

test('a guest that was only found to run there has no downtime that is known', async (t) => {
  const own = await late(t);
  own.destination.saysRunning = false;
  const end = await ended(own.operations, own.start());
  t.is(end.state, 'done');
  t.like(end.result, { postcopy: true, downtimeMs: null });
});

test('a cancel is refused from the switch on, and one that came just before it changes nothing', async (t) => {
  const own = await late(t);
  let id = '';
  const refused: unknown[] = [];
  own.hooks.before.set('b1 migrate.finish', () => {
    const error = t.throws(() => own.operations.cancel(id));
    refused.push((error as { code?: string }).code);
  });
  const { onPostCopy } = own.source;
  own.source.onPostCopy = () => {
    own.store.operations.update(id, {
      flowState: { ...own.store.operations.get(id).flowState, switched: false },
    });
    own.operations.cancel(id); // control has not heard of the switch yet
    onPostCopy();
  };
  id = own.start();
  t.is((await ended(own.operations, id)).state, 'done');
  t.deepEqual(refused, ['operation.past-return']);
  t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
});

test('a way that breaks needs attention; resume takes it up where both can', async (t) => {
  const own = await late(t);
  own.breaks();
  const id = own.start();
  const end = await ended(own.operations, id);
  t.is(end.state, 'attention');
  t.like(end.problem, { code: 'migrate.postcopy-failed', kind: 'attention' });
  t.regex(end.problem?.next ?? '', /Do not stop it on either host.*op resume/);
  t.deepEqual([own.states().a1, own.hostOf()], ['paused', 'b1']);
  own.destination.finishFails = undefined;
  own.hooks.before.set('b1 migrate.recover-finish', () => {
    own.destination.postCopy = 'none';
  });
  own.versions.libvirt = '8.5.0';
  const after = await own.taken(id);
  t.is(after.state, 'done', JSON.stringify(after.problem));
  t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
  t.false(own.woken());
});

for (const [what, change, sentence] of [
  [
    'libvirt is too old',
    (own) => void Object.assign(own.versions, { libvirt: '8.4.9' }),
    /libvirt 8\.4\.9 on a1/,
  ],
  ['its source has gone', (own) => void own.source.states.set(traveller, 'absent'), /is lost: it is absent/],
] satisfies [string, (own: Awaited<ReturnType<typeof late>>) => void, RegExp][]) {
  test(`resume says what is true when ${what}, and starts it from its disk once a person has stopped it`, async (t) => {
    const own = await late(t);
    own.breaks();
    const id = own.start();
    await ended(own.operations, id);
    change(own);
    const second = await own.taken(id);
    t.like(second.problem, { code: 'migrate.postcopy-lost' });
    t.regex(second.problem?.message ?? '', sentence);
    await own.stop();
    const third = await own.taken(id);
    t.is(third.state, 'done', JSON.stringify(third.problem));
    t.like(third.result, { warnings: [{ code: 'migrate.postcopy-restarted' }] });
    t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
    t.false(own.woken());
  });
}

test('a destination that ended with the guest: it is started from its disk there, only by a person', async (t) => {
  const own = await late(t);
  own.destination.finishFails = new Error('killed');
  const id = own.start();
  const end = await ended(own.operations, id);
  t.like(end.problem, { code: 'migrate.postcopy-lost', kind: 'attention' });
  t.deepEqual(own.states(), { a1: 'paused', b1: 'absent' });
  t.true(diskOf(own.destination));
  t.is((await own.taken(id)).state, 'done');
  t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
  t.false(own.woken());
});

test('a cancel whose source cannot be asked whether it switched: attention, and resume goes forward', async (t) => {
  const own = await late(t);
  own.hooks.after.set('a1 migrate.perform', () => {
    own.hooks.after.clear();
    throw new Error('the answer is lost, and not for the line');
  });
  own.hooks.before.set('a1 migrate.cancel', () => {
    throw new Error('no word');
  });
  const id = own.start();
  t.is((await ended(own.operations, id)).state, 'attention' satisfies OperationState);
  t.is(own.states().a1, 'paused');
  own.hooks.before.clear();
  const second = await own.taken(id);
  const last = second.state === 'done' ? second : await own.taken(id);
  t.is(last.state, 'done', JSON.stringify(last.problem));
  t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
  t.false(own.woken());
});

test('an agent that is away while it arrives is asked until it tells', async (t) => {
  const own = await late(t);
  let asked = 0;
  own.hooks.after.set('b1 migrate.finish', () => {
    asked += 1;
    if (asked === 1) throw away('b1');
  });
  t.is((await ended(own.operations, own.start())).state, 'done');
  t.is(asked, 2);
});
