import test from 'ava';
import { detours, reviewTunnels, syncTunnels } from '../../../src/control/network/tunnels.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { carriedBy, mesh } from './mesh.ts';

const gone = () => {
  throw new BlanketError('ssh.unreachable', 'Nobody answers.');
};

test('every host is told of every other, each with its own address', async (t) => {
  const m = await mesh(t, 'a', 'b', 'c');
  await syncTunnels(m.services);
  t.deepEqual(carriedBy(m, 'a', 'b'), [2]);
  t.deepEqual(carriedBy(m, 'c', 'a'), [1]);
  const { address, mtu, key, peers } = m.agent('b').config ?? {};
  t.deepEqual([address, mtu, key, peers?.length], ['10.254.0.2', 1420, m.agent('b').key, 2]);
  t.is(peers?.[0]?.endpoint, '192.0.2.1:51820');
});

test('nobody begins towards a host behind a NAT, and an IPv6 address is bracketed', async (t) => {
  const m = await mesh(t, 'a');
  m.addHost('b', { behindNat: true });
  m.addHost('c', { address: '2001:db8::3' });
  m.addHost('d', { address: 'rack7.example' }); // as an earlier control kept it
  await syncTunnels(m.services);
  t.deepEqual(
    m.agent('a').config?.peers.map(({ endpoint }) => endpoint),
    [null, '[2001:db8::3]:51820', null],
  );
  t.is(m.agent('b').config?.peers[0]?.endpoint, '192.0.2.1:51820');
});

test('a host that is being enrolled is not forgotten by a review, one that leaves or failed is', async (t) => {
  const m = await mesh(t, 'a', 'b');
  m.addHost('new', { state: 'provisioning' });
  m.addHost('leaving', { state: 'removing' });
  m.addHost('failed', { state: 'failed' });
  m.addHost('making', { state: 'provisioning', tunnelKey: null });
  await reviewTunnels(m.services);
  t.is(m.agent('a').config?.peers.length, 2);
  t.deepEqual(carriedBy(m, 'a', 'new'), [3]);
});

test('a host that control cannot reach keeps its tunnels to the others', async (t) => {
  const m = await mesh(t, 'a', 'b');
  m.store.hosts.update('b', { state: 'unreachable' });
  const { silent } = await reviewTunnels(m.services);
  t.deepEqual(carriedBy(m, 'a', 'b'), [2]);
  t.is(m.agent('b').configured, 0);
  t.deepEqual(
    silent.map(({ host }) => host),
    ['b'],
  );
});

test('a review tells hosts only what is new, and tells who missed it', async (t) => {
  const m = await mesh(t, 'a', 'b');
  await reviewTunnels(m.services);
  await reviewTunnels(m.services);
  t.is(m.agent('a').configured, 1);
  m.agent('b').hook = (method, when) => void (method === 'tunnel.configure' && when === 'before' && gone());
  m.addHost('c');
  await reviewTunnels(m.services);
  t.deepEqual([m.agent('a').configured, m.agent('b').configured], [2, 1]);
  m.agent('b').hook = () => undefined;
  await reviewTunnels(m.services);
  t.deepEqual([m.agent('a').configured, m.agent('b').configured], [2, 2]);
});

test('a review is over when the limits are, also where not even a connection comes about', async (t) => {
  const m = await mesh(t, 'a', 'b');
  const { agents } = m.services;
  const call = async (host: string, ...rest: unknown[]) => {
    if (host === 'b') await new Promise(() => undefined);
    return (agents.call as (...args: unknown[]) => Promise<unknown>)(host, ...rest);
  };
  const services = { ...m.services, agents: { call } } as unknown as typeof m.services;
  const { silent } = await reviewTunnels(services, { answerMs: 20, configureMs: 20 });
  t.deepEqual(silent, [{ host: 'b', why: 'b did not answer within 20 ms.' }]);
  t.is(m.agent('a').configured, 1);
});

test('a failure counts on the host that joins, and on no other', async (t) => {
  const m = await mesh(t, 'a', 'b');
  m.agent('b').hook = gone;
  await t.notThrowsAsync(syncTunnels(m.services, 'a'));
  await t.throwsAsync(syncTunnels(m.services, 'b'), { code: 'ssh.unreachable' });
});

test.serial(
  'a pair that does not hear each other goes through one that hears both, also over a restart of control',
  async (t) => {
    const m = await mesh(t, 'a', 'b', 'c');
    m.cut.add('a b');
    const real = Date.now;
    t.teardown(() => {
      Date.now = real;
    });
    let now = real();
    Date.now = () => now;
    for (let rounds = 0; rounds < 8; rounds++, now += 10_000) await reviewTunnels(m.services);
    t.deepEqual([carriedBy(m, 'a', 'b'), carriedBy(m, 'a', 'c')], [[], [2, 3]]);
    t.deepEqual([carriedBy(m, 'b', 'a'), carriedBy(m, 'b', 'c')], [[], [1, 3]]);
    t.deepEqual([carriedBy(m, 'c', 'a'), carriedBy(m, 'c', 'b')], [[1], [2]]);
    t.deepEqual(detours(m.store), [{ hosts: ['a', 'b'], via: 'c' }]);
    const told = m.agent('a').configured;
    m.restart();
    const { ways } = await reviewTunnels(m.services);
    t.is(ways.get('a b')?.via, 'c');
    t.is(m.agent('a').configured, told + 1); // once, since a new control does not know what was told
    t.deepEqual(carriedBy(m, 'a', 'c'), [2, 3]);
    m.cut.clear();
    for (let rounds = 0; rounds < 8; rounds++, now += 10_000) await reviewTunnels(m.services);
    t.deepEqual([carriedBy(m, 'a', 'b'), carriedBy(m, 'a', 'c')], [[2], [3]]);
    t.deepEqual(detours(m.store), []);
  },
);
