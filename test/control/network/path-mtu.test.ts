import test from 'ava';
import {
  fittingMtu,
  measureAgain,
  measurePaths,
  tooWide,
  tunnelMtu,
} from '../../../src/control/network/path-mtu.ts';
import { type Mesh, mesh, network } from './mesh.ts';

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
  t.deepEqual(await measurePaths(m.services, 'a', never), { smallest: 1500, whole: true });
  m.addHost('narrow', { state: 'unreachable' }).pathMtu = 1300;
  t.deepEqual(await measurePaths(m.services, 'a', never), { smallest: 1500, whole: false });
  m.store.hosts.update('narrow', { state: 'ready' });
  t.deepEqual(await measurePaths(m.services, 'a', never), { smallest: 1300, whole: true });
  m.addHost('named', { address: 'rack7.example' });
  t.deepEqual(await measurePaths(m.services, 'a', never), { smallest: 1300, whole: false });
});

test('a path that answers no ping is as wide as the card', async (t) => {
  const m = await mesh(t, 'a', 'b');
  const agents = { call: async () => ({ address: '192.0.2.2', deviceMtu: 1460, needed: 1480 }) };
  const services = { ...m.services, agents: agents as never };
  t.deepEqual(await measurePaths(services, 'a', never), { smallest: 1460, whole: false });
});

test('a host alone knows no path', async (t) => {
  const m = await mesh(t, 'a');
  t.deepEqual(await measurePaths(m.services, 'a', never), { smallest: null, whole: true });
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

/** c knows of a way of 1400, and a host leaves that had nothing to do with it. */
async function leaving(t: Parameters<typeof mesh>[0], b: Parameters<Mesh['addHost']>[1]) {
  const m = await mesh(t, 'a');
  m.addHost('b', b).pathMtu = 1400;
  m.addHost('c', { pathMtu: 1400 });
  m.store.hosts.update('a', { state: 'removing' });
  const known = async (services = m.services) => {
    await measureAgain(services, never);
    return m.store.hosts.get('c').pathMtu;
  };
  return { m, known };
}

test('a narrow way to a host that is away stays known', async (t) => {
  const { m, known } = await leaving(t, { state: 'unreachable' });
  t.is(await known(), 1400);
  m.store.hosts.update('b', { state: 'ready' });
  m.agent('b').pathMtu = 1500;
  t.is(await known(), 1500, 'until all is measured');
});

test('a narrow way that answers no ping now stays known', async (t) => {
  const { m, known } = await leaving(t, {});
  const agents = { call: async () => ({ address: '192.0.2.2', deviceMtu: 1500, needed: 1480 }) };
  t.is(await known({ ...m.services, agents: agents as never }), 1400);
});

test('what is found narrower yet is kept, whatever was not measured', async (t) => {
  const { m, known } = await leaving(t, { state: 'unreachable' });
  m.addHost('d').pathMtu = 1300;
  t.is(await known(), 1300);
});
