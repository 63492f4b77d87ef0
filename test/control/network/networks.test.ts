import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { leftovers } from '../../../src/control/network/leftovers.ts';
import { syncHost, syncNetwork, syncNetworks } from '../../../src/control/network/sync.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';
import { guestRecord } from '../fleet/rig.ts';
import { hostRecord } from '../host-record.ts';
import { networkRecord } from '../network-record.ts';
import { rig } from './rig.ts';

const onLan = { nics: [{ network: 'lan', mac: '52:54:00:00:00:01', address: '10.77.0.10', address6: null }] };

test('a network is made on every host, each with an address of its own', async (t) => {
  const { create, config, news } = rig(t);
  const lan = await create('lan', '10.77.0.0/24', { subnet6: 'FD77::/64' });
  t.like(lan, {
    gateway: '10.77.0.1',
    gateway6: 'fd77::1',
    subnet6: 'fd77::/64',
    mtu: 1370,
    isolated: false,
  });
  t.false('hostAddresses' in lan);
  const [a1, b1] = [config('a1', 'lan'), config('b1', 'lan')];
  t.is(a1.hostAddress, '10.77.0.254/24');
  t.is(b1.hostAddress, '10.77.0.253/24');
  t.deepEqual(a1.hostAddresses, ['10.77.0.254', '10.77.0.253', '10.77.0.252']);
  t.deepEqual(
    [a1.peers, b1.peers],
    [
      ['10.254.0.2', '10.254.0.3'],
      ['10.254.0.1', '10.254.0.3'],
    ],
  );
  t.deepEqual(a1.gateway, b1.gateway);
  t.true(a1.outside);
  t.deepEqual(news(), ['a1 network.apply lan', 'b1 network.apply lan', 'c1 network.apply lan']);
});

test('what a network may not be is told, and nothing is made', async (t) => {
  const { create, store, news } = rig(t);
  await t.throwsAsync(create('lan', '10.77.0.5/24'), { code: 'network.bad-subnet' });
  await create('lan', '10.77.0.0/24');
  await t.throwsAsync(create('lan', '10.78.0.0/24'), { code: 'network.exists' });
  await t.throwsAsync(create('lab', '10.77.0.0/16'), { code: 'network.overlap' });
  t.deepEqual(
    store.networks.list().map(({ name }) => name),
    ['lan'],
  );
  t.is(news().length, 3);
});

test('a network too small for the hosts is not made', async (t) => {
  const { create, store } = rig(t);
  for (let i = 4; i <= 14; i++) store.hosts.insert(hostRecord(`h${i}`, i));
  const error = await t.throwsAsync<BlanketError>(create('tiny', '10.77.0.0/28'), { code: 'network.full' });
  t.regex(error.message, /tiny \(10\.77\.0\.0\/28\) has no address left for host h14/);
  t.deepEqual(store.networks.list(), []);
});

test('connected networks know each other, and each host is told of both', async (t) => {
  const { create, connect, disconnect, config, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  await create('lab', '10.78.0.0/24', { isolated: true });
  news();
  t.deepEqual((await connect('lan', 'lab')).connected, ['lab']);
  t.deepEqual([config('c1', 'lan').connected, config('c1', 'lab').connected], [['lab'], ['lan']]);
  t.is(news().length, 6);
  t.deepEqual((await connect('lab', 'lan')).connected, ['lan'], 'once more changes nothing');
  t.deepEqual(config('a1', 'lan').connected, ['lab']);
  t.deepEqual((await disconnect('lab', 'lan')).connected, []);
  t.deepEqual([config('c1', 'lan').connected, config('c1', 'lab').connected], [[], []]);
  await t.throwsAsync(connect('lan', 'wan'), { code: 'network.not-found' });
  await t.throwsAsync(connect('lan', 'lan'), { code: 'network.same' });
});

test('a network with guests stays; one without is gone everywhere, also from its neighbours', async (t) => {
  const { create, connect, remove, store, config, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  await create('lab', '10.78.0.0/24');
  await connect('lan', 'lab');
  store.guests.insert(guestRecord('web1', 'a1', onLan));
  await t.throwsAsync(remove('lan'), { code: 'network.in-use' });
  store.guests.remove('web1');
  news();
  await remove('lan');
  const told = news();
  t.deepEqual(
    told.filter((line) => line.includes('network.remove')),
    ['a1 network.remove lan', 'b1 network.remove lan', 'c1 network.remove lan'],
  );
  t.is(told.filter((line) => line.endsWith('network.apply lab')).length, 3);
  t.deepEqual(store.networks.get('lab').connected, []);
  t.deepEqual(leftovers(store), []);
  await create('lan', '10.77.0.0/24');
  t.deepEqual(config('a1', 'lan').connected, []);
});

test('a host that was away when a network went is told when it is back, and the number waits for it', async (t) => {
  const { create, remove, store, services, away, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  await create('lab', '10.78.0.0/24');
  away.add('b1');
  store.hosts.update('b1', { state: 'unreachable' });
  await remove('lan');
  t.deepEqual(leftovers(store), [{ name: 'lan', vni: 100, hosts: ['b1'] }]);
  t.is((await create('wan', '10.79.0.0/24')).vni, 102);
  news();
  away.clear();
  store.hosts.update('b1', { state: 'ready' });
  await syncHost(services, 'b1');
  t.deepEqual(news(), ['b1 network.apply lab', 'b1 network.apply wan', 'b1 network.remove lan']);
  t.deepEqual(leftovers(store), []);
});

test('a network made anew under a name is not taken away again', async (t) => {
  const { create, remove, store, services, away, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  away.add('b1');
  await remove('lan');
  await create('lan', '10.77.0.0/24');
  t.deepEqual(leftovers(store), []);
  away.clear();
  news();
  await syncHost(services, 'b1');
  t.deepEqual(news(), ['b1 network.apply lan']);
});

test('a failure counts on the host that is needed, and holds nobody else up', async (t) => {
  const { create, services, away, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  news();
  away.add('b1');
  await syncNetwork(services, 'lan', 'c1');
  t.deepEqual(news(), ['a1 network.apply lan', 'c1 network.apply lan']);
  await t.throwsAsync(syncNetwork(services, 'lan', 'b1'), { code: 'ssh.unreachable' });
  await t.notThrowsAsync(syncHost(services, 'b1'));
});

test('a taken port keeps no guest from its host, for all else is set', async (t) => {
  const { create, services, refuses } = rig(t);
  await create('lan', '10.77.0.0/24');
  refuses.add('b1 lan');
  const failures = await syncNetwork(services, 'lan', 'b1');
  t.deepEqual(
    failures.map(({ host, error }) => [host, (error as BlanketError).code]),
    [['b1', 'network.port-taken']],
  );
});

test('a host that hangs is waited for shortly, unless it is the one that is needed', async (t) => {
  const { create, services, silent, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  news();
  silent.add('b1');
  const failures = await syncNetwork(services, 'lan', 'a1', 20);
  t.deepEqual(
    failures.map(({ host, error }) => [host, (error as BlanketError).code]),
    [['b1', 'agent.timed-out']],
  );
  t.deepEqual(news(), ['a1 network.apply lan', 'c1 network.apply lan']);
  const needed = syncNetwork(services, 'lan', 'b1', 20).then(() => 'waited for');
  t.is(await Promise.race([needed, sleep(200, 'still waiting')]), 'still waiting');
});

test('a network that a host refuses does not keep it from the others', async (t) => {
  const { create, services, refuses, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  await create('lab', '10.78.0.0/24');
  news();
  refuses.add('b1 lan');
  await syncHost(services, 'b1');
  t.deepEqual(news(), ['b1 network.apply lab']);
});

test('a host that hangs holds up all networks that a removed one was connected with as long as one', async (t) => {
  const { create, connect, remove, silent, store, told, news } = rig(t);
  const others = ['lab', 'dmz', 'ops', 'wan'];
  await create('lan', '10.77.0.0/24');
  for (const [i, name] of others.entries()) {
    await create(name, `10.78.${i}.0/24`);
    await connect('lan', name);
  }
  news();
  store.hosts.update('c1', { state: 'unreachable' }); // is not asked to drop it,
  const dropped = remove('lan');
  store.hosts.update('c1', { state: 'ready' }); // and hangs from then on
  silent.add('c1');
  void dropped.catch(() => undefined); // goes on when the test has ended
  const heard = () =>
    others.filter((name) => told.some(({ host, params }) => host === 'a1' && params.name === name));
  for (let i = 0; i < 200 && heard().length < others.length; i++) await sleep(10);
  t.deepEqual(heard(), others);
});

test('a network that is removed while all are being told is left out', async (t) => {
  const { create, remove, services, news } = rig(t);
  await create('lan', '10.77.0.0/24');
  await create('lab', '10.78.0.0/24');
  news();
  const telling = syncNetworks(services); // is at lan
  await Promise.all([telling, remove('lab')]);
  t.false(news().some((line) => line.endsWith('network.apply lab')));
});

test('a host that cannot be reached keeps its place; one that goes leaves it to the next', async (t) => {
  const { create, store, services, config } = rig(t);
  await create('lan', '10.77.0.0/24');
  store.hosts.update('b1', { state: 'unreachable' });
  await syncNetworks(services);
  t.deepEqual(config('a1', 'lan').peers, ['10.254.0.2', '10.254.0.3']);
  store.hosts.update('b1', { state: 'removing' });
  await syncNetworks(services);
  t.deepEqual(config('a1', 'lan').peers, ['10.254.0.3']);
  t.deepEqual(config('a1', 'lan').hostAddresses, ['10.77.0.254', '10.77.0.252']);
  store.hosts.remove('b1');
  store.hosts.insert(hostRecord('d1', 2, { tunnelKey: 'k', address: '192.0.2.9' }));
  await syncNetworks(services);
  t.is(config('d1', 'lan').hostAddress, '10.77.0.253/24');
});

test('a network of an earlier control gets its hosts’ addresses, and stays without a way out', async (t) => {
  const { store, services, config } = rig(t);
  store.networks.insert(networkRecord('old', '10.70.0.0/24', 100));
  await syncNetworks(services);
  t.like(config('c1', 'old'), { hostAddress: '10.70.0.252/24', outside: false, mtu: 1370, subnet6: null });
});
