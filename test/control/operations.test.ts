import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { pino } from 'pino';
import { type Definition, Operations } from '../../src/control/operations/operations.ts';
import { openStore } from '../../src/control/store/store.ts';
import { BlanketError } from '../../src/wire/errors.ts';
import type { Progress } from '../../src/wire/resources.ts';
import { networkRecord } from './network-record.ts';

const log = pino({ level: 'silent' });

type State = { guest: string; host: string };

function flow(change: Partial<Definition<State>> = {}): Definition<State> {
  const phases = [{ name: 'work', do: async () => undefined }];
  return { kind: 'guest.start', phases, afterRestart: 'undo', undoneState: 'failed', ...change };
}

async function rig(definition: Definition<State>) {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-test-'));
  const store = openStore(join(directory, 'control.db'));
  const operations = new Operations(store, log);
  operations.define(definition);
  const close = async () => {
    store.close();
    await rm(directory, { recursive: true });
  };
  return { directory, store, operations, close };
}

const work = { guest: 'web1', host: 'a1' };

async function ended(operations: Operations, id: string) {
  for (let since = 0; ; ) {
    const operation = await operations.wait(id, since, 5_000);
    if (operation.state !== 'running') return operation;
    since = operation.version;
  }
}

test('an operation runs its flow and keeps its result', async (t) => {
  const { operations, close } = await rig(flow({ end: ({ guest }) => ({ guest }) }));
  const started = operations.start('guest.start', 'guest/web1', work);
  const operation = await ended(operations, started.id);
  t.like(operation, { state: 'done', result: { guest: 'web1' }, problem: null });
  t.is(operation.phases[0]?.state, 'done');
  t.true(operation.version > started.version);
  await close();
});

test('a subject has one operation at a time; the second is told which', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { operations, close } = await rig(flow({ phases: [{ name: 'work', do: () => gate.promise }] }));
  const { id } = operations.start('guest.start', 'guest/web1', work);
  const error = t.throws(() => operations.start('guest.start', 'guest/web1', work), {
    code: 'operation.busy',
  });
  t.is((error as BlanketError).data?.operation, id);
  t.is(operations.using('a1').length, 1);
  gate.resolve();
  await ended(operations, id);
  t.is(operations.using('a1').length, 0);
  await close();
});

for (const [kind, state] of [
  ['blocked', 'failed'],
  ['failed', 'rolled-back'],
  ['timed-out', 'rolled-back'],
] as const) {
  test(`a migration that fails as ${kind} is ${state}`, async (t) => {
    const problem = new BlanketError('x.y', 'It broke.', { kind });
    const phases = [{ name: 'work', do: () => Promise.reject(problem), undo: async () => undefined }];
    const { operations, close } = await rig(flow({ phases, undoneState: 'rolled-back' }));
    const operation = await ended(operations, operations.start('guest.start', 'guest/web1', work).id);
    t.like(operation, { state, problem: { code: 'x.y', kind } });
    await close();
  });
}

test('cancelling ends as cancelled, and only once', async (t) => {
  const phases: Definition<State>['phases'] = [
    {
      name: 'work',
      do: ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    },
  ];
  const { operations, close } = await rig(flow({ phases }));
  const { id } = operations.start('guest.start', 'guest/web1', work);
  operations.cancel(id);
  t.is((await ended(operations, id)).state, 'cancelled');
  t.throws(() => operations.cancel(id), { code: 'operation.ended' });
  await close();
});

test('what a control leaves running, the next one ends', async (t) => {
  const first = await rig(flow({ phases: [{ name: 'work', do: () => new Promise(() => undefined) }] }));
  const { id } = first.operations.start('guest.start', 'guest/web1', work);
  const before = first.operations.show(id).version;
  first.store.close();

  const store = openStore(join(first.directory, 'control.db'));
  const undone: string[] = [];
  const operations = new Operations(store, log);
  const undo = async () => void undone.push('work');
  operations.define(flow({ phases: [{ name: 'work', do: async () => undefined, undo }] }));
  operations.recoverAll();
  const operation = await ended(operations, id);
  t.like(operation, { state: 'failed', problem: { code: 'operation.interrupted' } });
  t.deepEqual(undone, ['work']);
  t.true(operation.version > before);
  store.close();
  await rm(first.directory, { recursive: true });
});

test('what is undone when a person takes it up says so, and what had kept it from its end', async (t) => {
  const tries = [Promise.reject(new Error('The host is away.')), Promise.resolve()];
  const phase = {
    name: 'work',
    do: () => Promise.reject(new BlanketError('x.y', 'It broke.')),
    undo: async () => tries.shift(),
  };
  const { operations, close } = await rig(flow({ phases: [phase] }));
  const { id } = operations.start('guest.start', 'guest/web1', work);
  t.like(await ended(operations, id), { state: 'attention', problem: { code: 'operation.undo-failed' } });
  operations.resume(id);
  const operation = await ended(operations, id);
  t.like(operation, { state: 'failed', problem: { code: 'operation.undone-later' } });
  const { message, causes = [] } = operation.problem ?? { message: '' };
  t.is(message, 'It was taken up again, and undone.');
  t.deepEqual(causes, ['Undoing the phase work failed, after: It broke.', 'The host is away.']);
  await close();
});

/** The progress that is shown once the phase `work` has told of these bytes. */
async function shownAfter(operations: Operations, id: string, told: Promise<unknown>) {
  await told;
  return operations.show(id).progress;
}

test('progress does not run backwards over a restart of control, and ends with its phase', async (t) => {
  const forGood = new Promise<void>(() => undefined);
  const telling = (doneBytes: number, totalBytes: number, then: Promise<void>, done: () => void) => ({
    name: 'work',
    do: ({ progress }: { progress(value: Progress): void }) => {
      progress({ message: '', doneBytes, totalBytes, bytesPerSecond: 5 });
      done();
      return then;
    },
  });
  const told = Promise.withResolvers<void>();
  const first = await rig(flow({ phases: [telling(60, 80, forGood, told.resolve)] }));
  const { id } = first.operations.start('guest.start', 'guest/web1', work);
  const before = await shownAfter(first.operations, id, told.promise);
  t.like(before, { doneBytes: 60, totalBytes: 80, bytesPerSecond: 5 });
  first.store.close();

  const store = openStore(join(first.directory, 'control.db'));
  const operations = new Operations(store, log);
  const [again, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const phases = [telling(30, 90, gate.promise, again.resolve)];
  operations.define(flow({ phases, afterRestart: 'resume' }));
  t.like(operations.show(id).progress, { doneBytes: 60, totalBytes: 80 }, 'also before it is taken up');
  operations.recoverAll();
  const after = await shownAfter(operations, id, again.promise);
  t.like(after, { doneBytes: 60, totalBytes: 80 });
  gate.resolve();
  t.like(await ended(operations, id), { state: 'done', progress: null });
  store.close();
  await rm(first.directory, { recursive: true });
});

test('a store is open in one control only', async (t) => {
  const { directory, close } = await rig(flow());
  t.throws(() => openStore(join(directory, 'control.db')), { code: 'store.locked' });
  await close();
});

test('names that are not there, or there already, are told', async (t) => {
  const { store, close } = await rig(flow());
  const network = networkRecord('lan', '10.77.0.0/24', 100);
  store.networks.insert(network);
  t.throws(() => store.networks.insert(network), { code: 'network.exists' });
  t.throws(() => store.networks.get('wan'), { code: 'network.not-found' });
  t.throws(() => store.transaction(() => store.networks.insert({ ...network, name: 'b' }) ?? fail()));
  t.is(store.networks.list().length, 1);
  await close();
});

function fail(): never {
  throw new Error('rolled back');
}
