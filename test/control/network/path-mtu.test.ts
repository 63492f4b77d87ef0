import test from 'ava';
import {
  fittingMtu,
  measureAgain,
  measurePaths,
  tooWide,
  tunnelMtu,
} from '../../../src/control/network/path-mtu.ts';
import { mesh, network } from './mesh.ts';

const never = new AbortController().signal;
const hosts = (...paths: (number | null)[]) => paths.map((pathMtu) => ({ pathMtu }));

test('tunnels fit the narrowest path, and Ethernet at most', (t) => {
  t.is(fittingMtu([]), 1420);
  t.is(fittingMtu(hosts(null, 9001)), 1420);
  t.is(fittingMtu(hosts(1500, 1460, null)), 1380);
  t.is(fittingMtu(hosts(576)), 626);
});

test('networks that are there keep the tunnels as wide as they need', (t) => {
  t.is(tunnelMtu(hosts(1460), []), 1380);
  t.is(tunnelMtu(hosts(1460), [network('lan', 1370)]), 1420);
  t.is(tunnelMtu(hosts(1500), [network('lan', 1000)]), 1420);
  t.is(tunnelMtu(hosts(1300), [network('six', 1280)]), 1330);
});

test('each network that does not fit whole is named with what would', (t) => {
  t.deepEqual(tooWide(hosts(1500), [network('lan', 1370)]), []);
  const [warning, ...rest] = tooWide(hosts(1460), [network('lan', 1370), network('small', 1330)]);
  t.deepEqual(rest, []);
  t.deepEqual(warning?.data, { network: 'lan', mtu: 1370, fits: 1330 });
  t.regex(warning?.message ?? '', /lan.*1370 bytes.*carries 1330/);
});

test('a host measures its paths to those that are ready, and keeps the smallest', async (t) => {
  const m = await mesh(t, 'a', 'b');
  t.is(await measurePaths(m.services, 'a', never), 1500);
  m.addHost('narrow', { state: 'unreachable' }).pathMtu = 1300;
  m.addHost('named', { address: 'rack7.example' });
  t.is(await measurePaths(m.services, 'a', never), 1500);
  m.store.hosts.update('narrow', { state: 'ready' });
  t.is(await measurePaths(m.services, 'a', never), 1300);
});

test('a path that answers no ping is as wide as the card', async (t) => {
  const m = await mesh(t, 'a', 'b');
  const agents = { call: async () => ({ address: '192.0.2.2', deviceMtu: 1460, needed: 1480 }) };
  t.is(await measurePaths({ ...m.services, agents: agents as never }, 'a', never), 1460);
});

test('a host alone knows no path', async (t) => {
  const m = await mesh(t, 'a');
  t.is(await measurePaths(m.services, 'a', never), null);
});

test('when the narrow host has left, those that measured the way to it measure again', async (t) => {
  const m = await mesh(t, 'narrow', 'b', 'c');
  m.agent('narrow').pathMtu = 1400;
  m.store.hosts.update('b', { pathMtu: 1400 });
  m.store.hosts.update('c', { pathMtu: 1400 });
  t.is(fittingMtu(m.store.hosts.list()), 1320);
  m.store.hosts.update('narrow', { state: 'removing' });
  await measureAgain(m.services, never);
  m.store.hosts.remove('narrow');
  t.is(fittingMtu(m.store.hosts.list()), 1420);
});

test('a narrow path that stays, stays known', async (t) => {
  const m = await mesh(t, 'a', 'b', 'c');
  m.agent('c').pathMtu = 1400;
  m.store.hosts.update('c', { pathMtu: 1400 });
  m.store.hosts.update('a', { state: 'removing' });
  await measureAgain(m.services, never);
  t.is(m.store.hosts.get('c').pathMtu, 1400);
});
