import test from 'ava';
import { enrolPhase } from '../../../src/control/provision/enrol.ts';
import type { ProvisionState } from '../../../src/control/provision/provision.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { carriedBy, type Mesh, mesh, network } from '../network/mesh.ts';

/** Enrols `new`, which waits so many ms for the others. */
async function enrol(m: Mesh, waitMs = 0) {
  const state: ProvisionState = { host: 'new', bootTimeoutMs: 1 };
  const save = (change: Partial<ProvisionState>) => void Object.assign(state, change);
  const context = { state, save, progress: () => undefined, signal: new AbortController().signal };
  const phase = enrolPhase(m.services, waitMs);
  return { state, run: () => phase.do(context), undo: async () => phase.undo?.(context) };
}

const addNew = (m: Mesh, driver = 'gce') =>
  m.addHost('new', { state: 'provisioning', tunnelKey: null, driver });

test('a host that all others hear is ready, without a warning', async (t) => {
  const m = await mesh(t, 'a', 'b');
  addNew(m).pathMtu = 1460;
  const { state, run } = await enrol(m);
  await run();
  const { tunnelKey, pathMtu, state: now } = m.store.hosts.get('new');
  t.deepEqual([now, tunnelKey, pathMtu], ['ready', m.agent('new').key, 1460]);
  t.deepEqual(state.warnings, []);
  t.deepEqual(carriedBy(m, 'a', 'new'), [3]);
  t.is(m.agent('a').config?.mtu, 1380);
});

test('a host alone in the fleet is fine, also when others are made at the same time or away', async (t) => {
  const m = await mesh(t);
  m.addHost('made', { state: 'provisioning' });
  m.addHost('away', { state: 'unreachable' });
  addNew(m);
  m.cut = new Set(['made new', 'away new']);
  const { state, run } = await enrol(m);
  await run();
  t.is(m.store.hosts.get('new').state, 'ready');
  t.deepEqual(state.warnings, []);
});

test('handshakes are waited for', async (t) => {
  const m = await mesh(t, 'a');
  addNew(m);
  m.cut.add('a new');
  let asked = 0;
  m.agent('new').hook = (method) => {
    if (method === 'tunnel.status' && ++asked === 3) m.cut.clear();
  };
  await (await enrol(m, 60_000)).run();
  t.is(m.store.hosts.get('new').state, 'ready');
});

test('a host that nobody hears is not enrolled, and the error says what to open where', async (t) => {
  const m = await mesh(t, 'a', 'b');
  addNew(m, 'aws-nitro');
  m.cut = new Set(['a new', 'b new']);
  const { run, undo } = await enrol(m);
  const error = (await t.throwsAsync(run, { code: 'tunnel.blocked' })) as BlanketError;
  t.is(error.kind, 'blocked');
  t.regex(error.message, /^new is not heard .* by a and b .*: UDP port 51820 is blocked/);
  t.regex(error.next ?? '', /UDP port 51820 .* security group/);
  await undo();
  t.is(m.agent('a').config?.peers.length, 1);
  t.is(m.store.hosts.get('new').tunnelKey, null);
});

test('what to open is said of any cloud', async (t) => {
  for (const driver of ['generic', 'gce', 'openstack-kvm', 'constructor']) {
    const m = await mesh(t, 'a');
    addNew(m, driver);
    m.cut = new Set(['a new']);
    const error = (await t.throwsAsync((await enrol(m)).run)) as BlanketError;
    t.regex(error.next ?? '', /^Let UDP port 51820 in and out in [a-zA-Z' ]+, from/, driver);
  }
});

test('a host that some hear is enrolled with a warning that names the others', async (t) => {
  const m = await mesh(t, 'a', 'b');
  addNew(m);
  m.cut = new Set(['b new']);
  const { state, run } = await enrol(m);
  await run();
  t.is(m.store.hosts.get('new').state, 'ready');
  t.deepEqual(
    state.warnings?.map(({ code, data }) => [code, data?.hosts]),
    [['tunnel.partly-blocked', ['b']]],
  );
});

test('a network that fits no longer is named', async (t) => {
  const m = await mesh(t, 'a');
  m.store.networks.insert(network('lan', 1370));
  addNew(m).pathMtu = 1400;
  const { state, run } = await enrol(m);
  await run();
  t.deepEqual(
    state.warnings?.map(({ code, data }) => [code, data?.network]),
    [['network.mtu-too-large', 'lan']],
  );
  t.is(m.agent('a').config?.mtu, 1420);
});

test('a host keeps the networks that its cards are on, and is refused on one that guests are on', async (t) => {
  const m = await mesh(t, 'a');
  m.store.networks.insert(network('lan', 1370));
  const agent = addNew(m);
  agent.addresses = ['10.0.2.15/24', 'fe80::1/64'];
  await (await enrol(m)).run();
  t.deepEqual(m.store.hosts.get('new').subnets, ['10.0.2.15/24', 'fe80::1/64']);
  agent.addresses = ['10.77.0.15/16'];
  m.store.hosts.update('new', { state: 'provisioning' });
  const error = await t.throwsAsync((await enrol(m)).run, { code: 'network.overlap' });
  t.regex(error.message, /10\.77\.0\.15\/16.*network lan/);
});

const refuse = (m: Mesh, host: string, code: string) => {
  m.agent(host).hook = (method, when) => {
    if (method !== 'network.apply' || when !== 'before') return;
    throw new BlanketError(code, `It says ${code}.`, { data: { protocol: 'tcp', port: 80 } });
  };
};

test('a host that cannot carry a network is not enrolled', async (t) => {
  const m = await mesh(t, 'a');
  m.store.networks.insert(network('lan', 1370));
  addNew(m);
  refuse(m, 'new', 'network.overlap');
  await t.throwsAsync((await enrol(m)).run, { code: 'network.overlap' });
  t.is(m.store.hosts.get('new').state, 'provisioning', 'no guest may have come to it');
});

test('one where a published port is taken is, with a warning that says so', async (t) => {
  const m = await mesh(t, 'a');
  m.store.networks.insert(network('lan', 1370));
  addNew(m);
  refuse(m, 'new', 'network.port-taken');
  const { state, run } = await enrol(m);
  await run();
  t.is(m.store.hosts.get('new').state, 'ready');
  t.deepEqual(
    state.warnings?.map(({ code, message }) => [code, message]),
    [['network.port-taken', 'new: It says network.port-taken.']],
  );
});

test('what fails on other hosts is none of its business', async (t) => {
  const m = await mesh(t, 'a');
  m.store.networks.insert(network('lan', 1370));
  addNew(m);
  refuse(m, 'a', 'network.nft-failed');
  const { state, run } = await enrol(m);
  await run();
  t.deepEqual(state.warnings, []);
});
