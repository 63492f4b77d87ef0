import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { hostHandlers } from '../../../src/control/api/host-handlers.ts';
import { catchUp } from '../../../src/control/network/catch-up.ts';
import { provisionFlow } from '../../../src/control/provision/provision.ts';
import { removeHostFlow } from '../../../src/control/provision/remove-host.ts';
import { watchHosts } from '../../../src/control/watch-hosts.ts';
import { api } from '../../../src/wire/api.ts';
import { hostRecord } from '../host-record.ts';
import { rig } from './rig.ts';

function onCloud(t: Parameters<typeof rig>[0]) {
  const own = rig(t);
  const createdAt = '2026-01-02T03:04:05.000Z';
  own.store.clouds.insert({ name: 'east', type: 'local', config: { profile: 'openstack-kvm' }, createdAt });
  return own;
}

test('a host that a network has no room for is refused before a VM is made', async (t) => {
  const { create, store, services } = onCloud(t);
  await create('tiny', '10.77.0.0/28');
  for (let i = 4; i <= 13; i++) store.hosts.insert(hostRecord(`h${i}`, i));
  const image = join(services.paths.state, 'host.qcow2');
  writeFileSync(image, '');
  const body = api['host.provision'].body.parse({ name: 'last', cloud: 'east', image });
  const call = () => hostHandlers(services)['host.provision']({ params: {}, query: {}, body });
  t.throws(call, { code: 'network.full', message: /tiny .* no address left for host last/ });
  t.is(store.hosts.find('last'), undefined);
});

test('a host that failed to be made leaves its addresses on networks', async (t) => {
  const { create, operations, services, store } = onCloud(t);
  await create('lan', '10.77.0.0/24');
  store.hosts.insert(hostRecord('d1', 4, { state: 'provisioning' }));
  store.networks.update('lan', {
    hostAddresses: { ...store.networks.get('lan').hostAddresses, d1: '10.77.0.251' },
  });
  const fails = { name: 'create-vm', do: () => Promise.reject(new Error('No room.')) };
  operations.define({ ...provisionFlow(services), phases: [fails] });
  const { id } = operations.start('host.provision', 'host/d1', { host: 'd1', bootTimeoutMs: 1 });
  let operation = operations.show(id);
  while (operation.state === 'running') operation = await operations.wait(id, operation.version, 5_000);
  t.is(store.hosts.find('d1'), undefined);
  t.false('d1' in store.networks.get('lan').hostAddresses);
});

test('a host too many is refused, and none of those that are there is lost from sight', (t) => {
  const { store, services } = onCloud(t);
  for (let i = 4; i <= 200; i++) store.hosts.insert(hostRecord(`h${i}`, i));
  const image = join(services.paths.state, 'host.qcow2');
  writeFileSync(image, '');
  const body = api['host.provision'].body.parse({ name: 'last', cloud: 'east', image });
  const call = () => hostHandlers(services)['host.provision']({ params: {}, query: {}, body });
  t.throws(call, { code: 'host.too-many', message: /200/ });
  t.is(store.hosts.list().length, 200);
});

test('when a host goes, the others are told, and its address is free', async (t) => {
  const { create, operations, services, store, config, news } = onCloud(t);
  await create('lan', '10.77.0.0/24');
  news();
  operations.define(removeHostFlow(services));
  const { id } = operations.start('host.remove', 'host/b1', { host: 'b1', force: false });
  let operation = operations.show(id);
  while (operation.state === 'running') operation = await operations.wait(id, operation.version, 5_000);
  t.is(operation.state, 'done');
  t.deepEqual(config('a1', 'lan').hostAddresses, ['10.77.0.254', '10.77.0.252']);
  t.deepEqual(config('c1', 'lan').peers, ['10.254.0.1']);
  t.false(news().includes('b1 network.apply lan'));
  t.deepEqual(store.networks.get('lan').hostAddresses, { a1: '10.77.0.254', c1: '10.77.0.252' });
});

test('a host that comes back is told what it missed', async (t) => {
  const { create, services, store, news } = rig(t);
  for (const host of ['a1', 'b1', 'c1']) await catchUp(services, host); // as when control begins
  store.hosts.update('b1', { state: 'unreachable' });
  await create('lan', '10.77.0.0/24');
  t.deepEqual(news(), ['a1 network.apply lan', 'c1 network.apply lan']);
  const stop = new AbortController();
  const watching = watchHosts(services, stop.signal);
  const told: string[] = [];
  for (let i = 0; i < 500 && !told.includes('b1 network.apply lan'); i++) {
    await sleep(10);
    told.push(...news().filter((line) => !line.includes('host.status')));
  }
  stop.abort();
  await watching;
  t.deepEqual(
    told.filter((call) => call.includes('network.')),
    ['b1 network.apply lan'],
  );
  t.is(store.hosts.get('b1').state, 'ready');
});

test('a host that lets everybody wait does not keep the tunnels from being looked at', async (t) => {
  const { services, silent, store, news } = rig(t);
  silent.add('c1');
  store.hosts.update('c1', { state: 'unreachable' });
  const stop = new AbortController();
  void watchHosts(services, stop.signal); // waits for c1 for good
  const told: string[] = [];
  for (let i = 0; i < 200 && !told.includes('a1 tunnel.status undefined'); i++) {
    await sleep(10);
    told.push(...news());
  }
  stop.abort();
  t.true(told.includes('a1 tunnel.status undefined'));
});
