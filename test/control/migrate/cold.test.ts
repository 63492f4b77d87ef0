import test from 'ava';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { migrateFlow } from '../../../src/control/migrate/migrate.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import type { Phase } from '../../../src/control/run-phases.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { objectiveSchema } from '../../../src/wire/objective.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';

const files = [{ name: 'root.qcow2', digest: `sha256:${'a'.repeat(64)}` }];
const other = [{ name: 'root.qcow2', digest: `sha256:${'b'.repeat(64)}` }];

type Answers = Record<string, (host: string) => unknown>;

/** web1 of a1 goes to b1; the plan is not under test. */
function journey(t: Parameters<typeof rig>[0], wasRunning: boolean, answers: Answers = {}) {
  const own = rig(t);
  const { store, operations, services } = own;
  store.guests.insert(guestRecord('web1', 'a1', { state: wasRunning ? 'running' : 'stopped' }));
  const calls: string[] = [];
  let runsAt = wasRunning ? 'a1' : '';
  const usual: Answers = {
    'guest.view': (host) => ({ state: runsAt === host ? 'running' : 'stopped' }),
    'guest.stop': () => {
      runsAt = '';
    },
    'guest.start': (host) => {
      runsAt = host;
    },
    'image.list': () => ({ images: [{ digest: store.guests.get('web1').digest, bytes: 1 }] }),
    'disk.list': () => ({ disks: [] }),
    'cold.fetch': () => ({ sent: 123 }),
    'cold.digest': () => ({ files }),
    'migrate.status': (host) => ({ busy: false, guest: runsAt === host ? 'running' : 'stopped' }),
  };
  const call = async (host: string, method: string) => {
    calls.push(`${host} ${method}`);
    return (answers[method] ?? usual[method] ?? (() => ({})))(host) ?? {};
  };
  Object.assign(services, { agents: { call } as unknown as Agents });
  const flow = migrateFlow(services);
  const phases = flow.phases.filter(({ name }) => name !== 'plan') as Phase<MigrateState>[];
  operations.define({ ...flow, phases });
  const objective = objectiveSchema.parse({ mode: 'cold' });
  const state = { guest: 'web1', source: 'a1', destination: 'b1', objective, cold: { wasRunning } };
  const run = async () => {
    let operation = operations.start('guest.migrate', 'guest/web1', state);
    while (operation.state === 'running') {
      operation = await operations.wait(operation.id, operation.version, 5_000);
    }
    return operation;
  };
  const told = (...methods: string[]) => calls.filter((call) => methods.includes(call.split(' ')[1] ?? ''));
  return { ...own, run, told, runsAt: () => runsAt };
}

const moves = ['guest.stop', 'cold.fetch', 'cold.adopt', 'migrate.discard', 'migrate.keep', 'guest.start'];

test('a stopped guest is on the destination, stopped, and the source erases its copy after', async (t) => {
  const own = journey(t, false);
  const operation = await own.run();
  t.is(operation.state, 'done', JSON.stringify(operation.problem));
  t.deepEqual(own.told(...moves), [
    'b1 cold.fetch',
    'b1 cold.adopt',
    'a1 migrate.discard',
    'b1 migrate.keep',
    'a1 migrate.discard',
  ]);
  t.like(own.store.guests.get('web1'), { host: 'b1', state: 'stopped' });
  t.like(operation.result, { diskBytes: 123, downtimeMs: null });
});

test('a guest that runs is shut down before anything is fetched', async (t) => {
  const own = journey(t, true);
  const operation = await own.run();
  t.is(operation.state, 'done', JSON.stringify(operation.problem));
  t.deepEqual(own.told(...moves).slice(0, 3), ['a1 guest.stop', 'b1 cold.fetch', 'b1 cold.adopt']);
  t.like(own.store.guests.get('web1'), { host: 'b1', state: 'running' });
  t.is(typeof operation.result?.downtimeMs, 'number');
});

test('disks that differ are not taken in, and the guest runs on where it was', async (t) => {
  const own = journey(t, true, { 'cold.digest': (host) => ({ files: host === 'a1' ? files : other }) });
  const operation = await own.run();
  t.like(operation, { state: 'rolled-back', problem: { code: 'cold.differs' } });
  t.deepEqual(own.told('cold.adopt'), []);
  t.deepEqual(own.told('migrate.discard'), ['b1 migrate.discard']);
  t.is(own.runsAt(), 'a1');
  t.like(own.store.guests.get('web1'), { host: 'a1', state: 'running' });
});

test('a stopped guest whose migration fails stays stopped', async (t) => {
  const fails = () => {
    throw new BlanketError('host.disk-full', 'It is full.');
  };
  const own = journey(t, false, { 'cold.fetch': fails });
  t.like(await own.run(), { state: 'rolled-back', problem: { code: 'host.disk-full' } });
  t.deepEqual(own.told('guest.start'), []);
  t.like(own.store.guests.get('web1'), { host: 'a1', state: 'stopped' });
});

test('a guest that the destination cannot start goes back, and the source never erased it', async (t) => {
  const fails = () => {
    throw new BlanketError('guest.start-failed', 'No memory.');
  };
  const own = journey(t, true, { 'cold.adopt': fails });
  t.like(await own.run(), { state: 'rolled-back', problem: { code: 'migrate.finish-failed' } });
  const [first, ...rest] = own.told('migrate.discard', 'migrate.keep');
  t.is(first, 'b1 migrate.discard', 'an adopt that is late finds nothing');
  t.deepEqual(rest.sort(), ['a1 migrate.keep', 'b1 migrate.discard']);
  t.is(own.runsAt(), 'a1');
});

test('as long as the destination has not let go, the guest is not started where it was', async (t) => {
  const fails = (code: string) => () => {
    throw new BlanketError(code, 'It does not do that.');
  };
  const answers = {
    'cold.adopt': fails('guest.start-failed'),
    'migrate.discard': fails('migrate.running-here'),
  };
  const own = journey(t, true, answers);
  t.is((await own.run()).state, 'attention');
  t.is(own.runsAt(), '');
  t.deepEqual(own.told('migrate.keep', 'guest.start'), []);
});

test('an answer that is lost while the guest shuts down does not bring it back half-way', async (t) => {
  let asked = 0;
  const own = journey(t, true);
  const { agents } = own.services;
  const call = async (host: string, method: string) => {
    const answer = await agents.call(host, method as never, {} as never);
    asked += Number(method === 'guest.stop');
    if (method === 'guest.stop' && asked === 1) throw new BlanketError('agent.lost', 'The line broke.');
    return answer;
  };
  Object.assign(own.services, { agents: { call } });
  t.is((await own.run()).state, 'done');
  t.is(asked, 2);
});

test('a stream that breaks is begun again with another offer', async (t) => {
  let tries = 0;
  const own = journey(t, false, {
    'cold.fetch': () => {
      tries += 1;
      if (tries === 1) throw new BlanketError('cold.stream', 'It broke.');
      return { sent: 5 };
    },
  });
  t.is((await own.run()).state, 'done');
  t.is(own.told('cold.offer').length, 3, 'one to hold it, and one for each stream');
});
