/** Cold migrations that do not go straight on, over real agents. */
import { existsSync } from 'node:fs';
import test from 'ava';
import { cleanUpAt } from '../../../src/control/migrate/clean-up.ts';
import { orCold } from '../../../src/control/migrate/cold/is-cold.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import type { Phase, PhaseContext } from '../../../src/control/run-phases.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { objectiveSchema } from '../../../src/wire/objective.ts';
import type { FakeHost } from '../../guest-agent/migrate/fake-engine.ts';
import { coldHosts, traveller } from './cold-hosts.ts';
import { ended } from './two-hosts.ts';

const hasFiles = ({ context }: FakeHost): boolean => existsSync(context.paths.diskFolder(traveller));

const broken = () => {
  throw new Error('the agent’s disk is broken');
};

test('a guest that runs goes over, and every call that could make it run or end it carries its lease', async (t) => {
  const own = await coldHosts(t);
  const operation = await ended(own.operations, own.migrate());
  t.is(operation.state, 'done', JSON.stringify(operation.problem));
  t.deepEqual(own.states(), { a1: 'absent', b1: 'running' });
  t.false(hasFiles(own.source));
  const { lease } = own.store.guests.get(traveller);
  const fenced = own.calls.filter(({ method }) => /^(cold|migrate)\./.test(method));
  t.true(fenced.some(({ method }) => method === 'cold.adopt'));
  t.deepEqual([...new Set(fenced.map((call) => call.lease))], [lease]);
});

test('what an undone one left on a host is removed once the host can', async (t) => {
  const own = await coldHosts(t);
  const id = own.migrate();
  own.hooks.set('b1 cold.digest', () => {
    if (!hasFiles(own.destination)) return; // asked before the guest is shut down whether it knows the method
    for (const method of ['cancel', 'status', 'discard']) own.hooks.set(`b1 migrate.${method}`, broken);
    own.operations.cancel(id);
  });
  t.is((await ended(own.operations, id)).state, 'cancelled');
  t.deepEqual(own.states(), { a1: 'running', b1: 'absent' });
  t.true(hasFiles(own.destination));
  t.is(own.store.operations.get(id).flowState.leftBehind, 'b1');
  own.hooks.clear();
  await cleanUpAt(own.services, 'b1');
  t.false(hasFiles(own.destination));
  t.is(own.store.operations.get(id).flowState.leftBehind, null);
  t.is((await ended(own.operations, own.migrate())).state, 'done');
});

test('cancelled while the disks are compared, the guest is started where it was with a lease of its own', async (t) => {
  const own = await coldHosts(t);
  const id = own.migrate();
  own.hooks.set('a1 cold.digest', () => {
    if (hasFiles(own.destination)) own.operations.cancel(id);
  });
  t.is((await ended(own.operations, id)).state, 'cancelled');
  t.deepEqual(own.states(), { a1: 'running', b1: 'absent' });
  t.false(hasFiles(own.destination));
  const { lease, state } = own.store.guests.get(traveller);
  t.is(state, 'running');
  t.is(own.calls.find(({ method }) => method === 'guest.start')?.lease, lease);
});

test('a guest is not shut down for an agent that knows nothing of it', async (t) => {
  const own = await coldHosts(t);
  own.hooks.set('b1 cold.digest', () => {
    throw new BlanketError('agent.unknown-method', 'This agent has no method "cold.digest".');
  });
  t.like(await ended(own.operations, own.migrate()), { problem: { code: 'cold.old-agent' } });
  t.false(own.calls.some(({ method }) => method === 'guest.stop'));
  t.deepEqual(own.states(), { a1: 'running', b1: 'absent' });
});

test('a control that ends at any call takes it up again, and one copy is left', async (t) => {
  const calls = ['a1 guest.stop', 'a1 cold.offer', 'b1 cold.fetch', 'b1 cold.digest', 'b1 cold.adopt'];
  for (const at of [...calls, 'a1 migrate.discard', 'b1 migrate.keep']) {
    const own = await coldHosts(t);
    const dies = Promise.withResolvers<void>();
    own.hooks.set(at, () => {
      dies.resolve();
      return new Promise<void>(() => undefined);
    });
    own.migrate();
    await dies.promise;
    own.hooks.clear();
    own.operations.recoverAll();
    const [operation] = own.operations.list();
    t.is((await ended(own.operations, operation?.id ?? '')).state, 'done', at);
    t.deepEqual(own.states(), { a1: 'absent', b1: 'running' }, at);
    t.false(hasFiles(own.source), at);
  }
});

/** Which of two phases was asked. */
async function asked(state: object): Promise<string[]> {
  const heard: string[] = [];
  const phase = (name: string): Phase<MigrateState> => ({
    name: 'copy',
    do: async () => void heard.push(`${name} do`),
    undo: async () => void heard.push(`${name} undo`),
  });
  const one = orCold(phase('live'), phase('cold'));
  const context = { state } as PhaseContext<MigrateState>;
  await one.do(context);
  await one.undo?.(context);
  return heard;
}

test('what was admitted live ends live, whatever its journal says of a mode, and cold ends cold', async (t) => {
  const live = ['live do', 'live undo'];
  t.deepEqual(await asked({ guest: traveller }), live, 'journaled before there were objectives');
  t.deepEqual(await asked({ objective: { maxDowntimeMs: 300 } }), live, 'before there were modes');
  t.deepEqual(await asked({ objective: objectiveSchema.parse({ mode: 'cold' }) }), live);
  const cold = { objective: objectiveSchema.parse({}), cold: { wasRunning: false } };
  t.deepEqual(await asked(cold), ['cold do', 'cold undo']);
});
