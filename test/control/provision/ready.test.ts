/** What may come to a host when, and what is never undone once something has. */
import test, { type ExecutionContext } from 'ava';
import { catchUp } from '../../../src/control/network/catch-up.ts';
import { configFor, viewOf } from '../../../src/control/network/config.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import { enrolPhase } from '../../../src/control/provision/enrol.ts';
import { provisionFlow } from '../../../src/control/provision/provision.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { guestRecord } from '../fleet/rig.ts';
import { type Mesh, mesh, network } from '../network/mesh.ts';

const context = (host: string) => ({
  ...{ state: { host, bootTimeoutMs: 1 }, signal: new AbortController().signal },
  ...{ save: () => undefined, progress: () => undefined },
});

/** `a`, and `new`, which is being provisioned; on one network. */
async function joining(t: ExecutionContext): Promise<Mesh> {
  const m = await mesh(t, 'a');
  m.store.networks.insert(network('lan', 1370));
  m.addHost('new', { state: 'provisioning', tunnelKey: null });
  m.store.clouds.insert({ name: 'east', type: 'nowhere', config: {}, createdAt: '2026-01-02T03:04:05.000Z' });
  return m;
}

const peersOf = ({ store }: Mesh, host: string) =>
  configFor(
    { ...store.networks.get('lan'), hostAddresses: { [host]: '10.77.0.254' } },
    store.hosts.get(host),
    viewOf(store),
  ).peers;

test('a host takes no guests before nothing is left to fail, and by then every other knows it', async (t) => {
  const m = await joining(t);
  const seen: unknown[] = [];
  m.agent('a').hook = (method, when) => {
    if (method === 'network.apply' && when === 'before')
      seen.push([m.store.hosts.get('new').state, peersOf(m, 'a')]);
  };
  t.deepEqual(peersOf(m, 'a'), []);
  await enrolPhase(m.services, 0).do(context('new'));
  t.deepEqual(seen, [['provisioning', ['10.254.0.2']]]);
  t.is(m.store.hosts.get('new').state, 'ready');
});

test('what befell networks while it was enrolled is told as soon as it is ready', async (t) => {
  const m = await joining(t);
  await catchUp(m.services, 'new'); // nothing is left from before
  await enrolPhase(m.services, 0).do(context('new'));
  let told = 0;
  m.agent('new').hook = (method, when) => {
    if (method === 'network.apply' && when === 'after') told++;
  };
  await catchUp(m.services, 'new');
  t.is(told, 1);
});

test('control that ended just when a host was ready does not put it to the test again', async (t) => {
  const m = await joining(t);
  const phase = enrolPhase(m.services, 0);
  await phase.do(context('new'));
  m.cut = new Set(['a new']);
  m.agent('new').hook = () => {
    throw new BlanketError('ssh.unreachable', 'It does not answer.');
  };
  await t.notThrowsAsync(phase.do(context('new')));
  m.store.hosts.update('new', { state: 'unreachable' });
  await t.notThrowsAsync(phase.do(context('new')));
});

/** Runs the provisioning of `new` with a last phase that fails after `befalls`. */
async function failing(m: Mesh, befalls: () => void) {
  const operations = new Operations(m.store, m.services.log);
  const forgotten: string[] = [];
  const agents = { ...m.services.agents, forget: (host: string) => void forgotten.push(host) };
  const services = { ...m.services, operations, agents } as typeof m.services;
  const flow = provisionFlow(services);
  const [create] = flow.phases;
  const fail = async () => {
    befalls();
    throw new Error('The disk of control is full.');
  };
  const phases = [
    { ...create, name: 'create-vm', do: async () => undefined },
    { ...enrolPhase(services, 0), do: fail },
  ];
  operations.define({ ...flow, phases });
  const { id } = operations.start('host.provision', 'host/new', { host: 'new', bootTimeoutMs: 1 });
  let operation = operations.show(id);
  while (operation.state === 'running') operation = await operations.wait(id, operation.version, 5_000);
  return { operation, forgotten };
}

const ready = (m: Mesh) => m.store.hosts.update('new', { state: 'ready', tunnelKey: m.agent('new').key });

test('a machine that carries a guest is never destroyed by an undo', async (t) => {
  const m = await joining(t);
  const { operation, forgotten } = await failing(m, () => {
    ready(m);
    m.store.guests.insert(guestRecord('web1', 'new'));
  });
  t.like(operation, { state: 'attention', problem: { code: 'operation.undo-failed' } });
  t.regex(operation.problem?.causes?.join() ?? '', /new is kept .* web1/);
  t.regex(operation.problem?.next ?? '', /Migrate .* host remove new/);
  t.deepEqual(forgotten, [], 'the machine was not touched');
  t.like(m.store.hosts.get('new'), { state: 'ready', tunnelKey: m.agent('new').key });
});

for (const state of ['running', 'attention'] as const) {
  test(`nor is one that a guest may have come to, by a migration that is ${state}`, async (t) => {
    const m = await joining(t);
    const { operation, forgotten } = await failing(m, () => {
      ready(m);
      m.store.guests.insert(guestRecord('web1', 'a', { state: 'attention' }));
      m.store.operations.insert({
        ...{ name: 'm', id: 'm', kind: 'guest.migrate', subject: 'guest/web1', state, version: 1 },
        ...{ flowState: { guest: 'web1', source: 'a', destination: 'new' }, progress: null, result: null },
        ...{ phases: [], problem: null, createdAt: '2026-01-02T03:04:05.000Z', endedAt: null },
      });
    });
    t.is(operation.state, 'attention');
    t.deepEqual(forgotten, []);
    t.is(m.store.hosts.get('new').state, 'ready');
  });
}

test('one that carries nothing is no host afterwards, and the others know it no more', async (t) => {
  const m = await joining(t);
  const { operation, forgotten } = await failing(m, () => ready(m));
  t.deepEqual(forgotten, ['new'], 'the next is to destroy it, which the pretended cloud cannot');
  t.is(operation.state, 'attention');
  t.is(m.store.hosts.get('new').state, 'failed');
  t.is(m.agent('a').config?.peers.length, 0);
});
