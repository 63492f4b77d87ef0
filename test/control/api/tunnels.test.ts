import test from 'ava';
import { tunnelHandlers } from '../../../src/control/api/tunnel-handlers.ts';
import { syncTunnels } from '../../../src/control/network/tunnels.ts';
import { api } from '../../../src/wire/api.ts';
import { type Mesh, mesh, network } from '../network/mesh.ts';

const nothing = { params: {}, query: {}, body: {} };
const list = async (m: Mesh) =>
  api['tunnel.list'].response.parse(await tunnelHandlers(m.services)['tunnel.list'](nothing));

test('ways are shown as hosts tell of them now, as the contract has it', async (t) => {
  const m = await mesh(t, 'a', 'b', 'c');
  await syncTunnels(m.services);
  m.cut.add('a b');
  m.store.hosts.update('c', { state: 'unreachable' });
  const { mtu, tunnels, silent, warnings } = await list(m);
  t.deepEqual([mtu, warnings], [1420, []]);
  t.deepEqual(
    tunnels.map(({ hosts, state, handshakeSecondsAgo }) => [hosts.join(' '), state, handshakeSecondsAgo]),
    [
      ['a b', 'pending', null],
      ['a c', 'direct', 3],
      ['b c', 'direct', 3],
    ],
  );
  t.deepEqual(silent, [{ host: 'c', why: 'Control cannot reach it.' }]);
});

test('networks that fit no longer are named', async (t) => {
  const m = await mesh(t, 'a');
  m.store.networks.insert(network('lan', 1370));
  m.store.hosts.update('a', { pathMtu: 1400 });
  t.deepEqual(
    (await list(m)).warnings.map(({ data }) => data),
    [{ network: 'lan', mtu: 1370, fits: 1270 }],
  );
});

test('only a ready host gets another key', async (t) => {
  const m = await mesh(t, 'a', 'b');
  const rotate = async (name: string) =>
    tunnelHandlers(m.services)['host.rotate-key']({ params: { name }, query: {}, body: {} });
  m.store.hosts.update('b', { state: 'unreachable' });
  await t.throwsAsync(rotate('b'), { code: 'host.not-ready' });
  m.store.hosts.update('b', { state: 'ready' });
  const before = m.agent('a').key;
  const shown = api['host.rotate-key'].response.parse(await rotate('a'));
  t.is(shown.name, 'a');
  t.not(m.store.hosts.get('a').tunnelKey, before);
  t.is(m.store.hosts.get('a').tunnelKey, m.agent('a').key);
});
