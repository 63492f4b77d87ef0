/** The host through which a network's guests reach the world: chosen, told, and not taken away. */
import test from 'ava';
import { removeHostFlow } from '../../../src/control/provision/remove-host.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';
import { hostRecord } from '../host-record.ts';
import { networkRecord } from '../network-record.ts';
import { rig } from './rig.ts';

test('every host is told through which one a network reaches the world', async (t) => {
  const { create, config } = rig(t);
  const lan = await create('lan', '10.77.0.0/24', { egress: 'b1' });
  t.like(lan, { egress: 'b1', egressState: 'ready', warnings: [] });
  const byB = { at: '10.254.0.2', address: '10.77.0.253', except: [] };
  for (const host of ['a1', 'b1', 'c1']) t.deepEqual(config(host, 'lan').egress, byB);
  await create('lab', '10.78.0.0/24');
  t.is(config('a1', 'lab').egress, null);
});

test('it is changed by one telling of all, and taken back', async (t) => {
  const { create, egress, config, news, networks } = rig(t);
  await create('lan', '10.77.0.0/24');
  news();
  t.is((await egress('lan', 'c1')).egress, 'c1');
  t.is(config('a1', 'lan').egress?.at, '10.254.0.3');
  t.deepEqual(news(), ['a1 network.apply lan', 'b1 network.apply lan', 'c1 network.apply lan']);
  t.like(await egress('lan', null), { egress: null, egressState: null });
  t.is(config('a1', 'lan').egress, null);
  const params = { name: 'lan' };
  t.like(await networks['network.show']({ params, query: {}, body: {} }), { egress: null });
});

test('ways to connected networks are left as they are', async (t) => {
  const { create, connect, disconnect, config } = rig(t);
  await create('lan', '10.77.0.0/24', { egress: 'b1' });
  await create('lab', '10.78.0.0/24', { subnet6: 'fd78::/64' });
  await create('wan', '10.79.0.0/24');
  await connect('lan', 'lab');
  t.deepEqual(config('a1', 'lan').egress?.except, ['10.78.0.0/24', 'fd78::/64']);
  await disconnect('lan', 'lab');
  t.deepEqual(config('a1', 'lan').egress?.except, []);
});

test('what cannot be a way out is refused, and nothing is changed', async (t) => {
  const { create, egress, store, operations, services, news } = rig(t);
  await t.throwsAsync(create('lan', '10.77.0.0/24', { egress: 'b1', isolated: true }), {
    code: 'network.isolated',
  });
  await t.throwsAsync(create('lan', '10.77.0.0/24', { egress: 'nobody' }), { code: 'host.not-found' });
  t.deepEqual(store.networks.list(), []);
  await create('lan', '10.77.0.0/24');
  await create('lab', '10.78.0.0/24', { isolated: true });
  news();
  await t.throwsAsync(egress('lab', 'b1'), { code: 'network.isolated' });
  await t.throwsAsync(egress('nowhere', 'b1'), { code: 'network.not-found' });
  await t.throwsAsync(egress('lan', 'nobody'), { code: 'host.not-found' });
  for (const state of ['provisioning', 'failed', 'removing'] as const) {
    store.hosts.update('c1', { state });
    await t.throwsAsync(egress('lan', 'c1'), { code: 'host.not-ready' }, state);
  }
  store.hosts.insert(hostRecord('d1', 4));
  await t.throwsAsync(egress('lan', 'd1'), { code: 'host.not-ready' }, 'it is in no tunnel');
  operations.define({
    ...removeHostFlow(services),
    phases: [{ name: 'leave', do: () => new Promise(() => undefined) }],
  });
  operations.start('host.remove', 'host/b1', { host: 'b1', force: false });
  await t.throwsAsync(egress('lan', 'b1'), { code: 'host.not-ready', message: /host\.remove/ });
  t.deepEqual(
    store.networks.list().map((network) => network.egress),
    [null, null],
  );
  t.deepEqual(news(), []);
  t.is((await egress('lab', null)).egress, null);
});

test('one that is away may be it, and shows as what it is', async (t) => {
  const { create, egress, store } = rig(t);
  await create('lan', '10.77.0.0/24');
  store.hosts.update('b1', { state: 'unreachable' });
  const { egressState, warnings } = await egress('lan', 'b1');
  t.is(egressState, 'unreachable');
  t.deepEqual(
    warnings.map(({ code, data }) => [code, data?.host]),
    [['host.not-told', 'b1']],
  );
});

test('a host is not removed while networks reach the world through it, by force neither', async (t) => {
  const { create, egress, removeHost, operations, services, store } = rig(t);
  operations.define(removeHostFlow(services));
  await create('lan', '10.77.0.0/24', { egress: 'b1' });
  await create('lab', '10.78.0.0/24', { egress: 'b1' });
  await create('wan', '10.79.0.0/24', { egress: 'c1' });
  store.hosts.update('b1', { state: 'unreachable' });
  for (const force of [false, true]) {
    const error = await t.throwsAsync<BlanketError>(removeHost('b1', force), { code: 'host.is-egress' });
    t.deepEqual(error.data, { host: 'b1', networks: ['lan', 'lab'] });
    t.regex(error.next ?? '', /`blanket network egress lan …`/);
  }
  t.is(store.hosts.get('b1').state, 'unreachable');
  t.deepEqual(operations.list(), []);
  await egress('lan', 'c1');
  await egress('lab', null);
  const { id } = await removeHost('b1');
  let operation = operations.show(id);
  while (operation.state === 'running') operation = await operations.wait(id, operation.version, 5_000);
  t.is(store.networks.get('lan').egress, 'c1');
});

test('a network of an earlier control has none', (t) => {
  const { store, config: _config } = rig(t);
  store.networks.insert(networkRecord('old', '10.70.0.0/24', 100));
  t.is(store.networks.get('old').egress, null);
});
