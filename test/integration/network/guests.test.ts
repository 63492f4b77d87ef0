/** Guests of one network on two hosts: addresses, names, each other, their gateway, and what holds when one moves. */
import type { ExecutionContext } from 'ava';
import { bridgeOf, vxlanOf } from '../../../src/guest-agent/network/names.ts';
import { asRoot } from '../as-root.ts';
import { dhcp, neighbour, ping, reaches, resolve } from './clients.ts';
import {
  card,
  configOf,
  type Guest,
  gateway,
  type Host,
  moveGuest,
  network,
  newGuest,
  twoHosts,
} from './two-hosts.ts';

const why = 'make network namespaces';

/** A guest on each host, both with addresses. */
async function layOut(t: ExecutionContext) {
  const { tag, a, b } = await twoHosts(t);
  const cards = [card(11, 'web', a), card(12, 'db', b)];
  await a.ask('apply', configOf(a, [b], cards));
  await b.ask('apply', configOf(b, [a], cards));
  const web = await newGuest(t, tag, a, '52:54:00:77:00:11');
  const db = await newGuest(t, tag, b, '52:54:00:77:00:12');
  return { a, b, cards, web, db, told: { web: await dhcp(t, web), db: await dhcp(t, db) } };
}

type Entry = { mac: string; dst?: string; flags?: string[] };

async function hostOf(host: Host, mac: string): Promise<string | undefined> {
  const text = await host.inside('bridge', '-j', 'fdb', 'show', 'dev', vxlanOf(network));
  return (JSON.parse(text) as Entry[]).find((entry) => entry.mac === mac && entry.dst !== undefined)?.dst;
}

asRoot(why, 'guests on two hosts get addresses, find each other by name and reach each other', async (t) => {
  const { a, b, web, db, told } = await layOut(t);
  t.is(told.web.get('ip'), '10.77.0.11');
  t.is(told.db.get('ip'), '10.77.0.12');
  t.is(told.web.get('mtu'), '1370');
  t.is(told.web.get('dns'), gateway.address);
  t.is(told.web.get('router'), gateway.address);
  t.is(told.web.get('domain'), 'lan.internal');
  t.is(told.web.get('staticroutes'), `169.254.169.254/32 ${gateway.address} 0.0.0.0/0 ${gateway.address}`);
  // before any frame of theirs has passed between the hosts, each knows where the other's guest is
  t.is(await hostOf(a, db.mac), b.tunnel);
  t.is(await hostOf(b, web.mac), a.tunnel);
  t.is(await hostOf(a, web.mac), undefined);
  t.deepEqual(await resolve(web, 'db.lan.internal', gateway.address), ['10.77.0.12', 'fd77::12']);
  t.deepEqual(await resolve(db, 'web.lan.internal', gateway.address), ['10.77.0.11', 'fd77::11']);
  await t.throwsAsync(resolve(web, 'nobody.lan.internal', gateway.address));
  await ping(web, '10.77.0.12');
  await ping(db, '10.77.0.11');
  // and so does a host, wherever the guest is
  await ping(a, '10.77.0.12');
  await ping(b, '10.77.0.11');
});

asRoot(why, 'the gateway is the same on every host, and no host takes its place by asking', async (t) => {
  const { a, b, web, db } = await layOut(t);
  for (const guest of [web, db]) {
    await ping(guest, gateway.address);
    t.is(await neighbour(guest, gateway.address), gateway.mac);
  }
  // the hosts ask for guests' MACs in their own names
  for (const host of [a, b]) {
    await host.inside('ip', 'neigh', 'flush', 'dev', bridgeOf(network));
    for (const address of ['10.77.0.11', '10.77.0.12']) {
      await host
        .inside('busybox', 'ping', '-c', '1', '-W', '1', '-I', gateway.address, address)
        .catch(() => '');
      t.true(await reaches(host, address));
    }
  }
  for (const guest of [web, db]) t.is(await neighbour(guest, gateway.address), gateway.mac);
});

asRoot(why, 'a guest that moves is followed at once, and finds its gateway where it goes', async (t) => {
  const { a, b, cards, web, db } = await layOut(t);
  await ping(db, '10.77.0.11');
  await ping(web, gateway.address);
  await moveGuest(web, { from: a, to: b, cards });
  const moves = [{ mac: web.mac, at: b.tunnel }];
  await Promise.all([a, b].map((host) => host.ask('forward', { name: network, moves })));
  t.is(await hostOf(a, web.mac), b.tunnel);
  t.is(await hostOf(b, web.mac), undefined);
  // the guest has sent nothing yet from its new place
  await ping(db, '10.77.0.11');
  await ping(a, '10.77.0.11');
  // no other host is there to answer in the gateway's place
  await a.inside('ip', 'link', 'set', 'blanket0', 'down');
  await ping(web, gateway.address);
  t.is(await neighbour(web, gateway.address), gateway.mac);
});

/** A gratuitous ARP: nobody answers it. */
const callOut = (guest: Guest): Promise<string> =>
  guest.inside('busybox', 'arping', '-U', '-c', '2', '-I', 'eth0', '10.77.0.11').catch(() => '');

asRoot(why, 'where control is late, a guest that calls out moves its own entries', async (t) => {
  const { a, b, cards, web, db } = await layOut(t);
  await ping(db, '10.77.0.11');
  await moveGuest(web, { from: a, to: b, cards });
  await callOut(web);
  t.is(await hostOf(a, web.mac), b.tunnel);
  t.true(await reaches(db, '10.77.0.11'));
  t.deepEqual(await a.ask('repair'), { repaired: [] });
  // and what was moved is not moved back
  t.is(await hostOf(a, web.mac), b.tunnel);
});

asRoot(why, 'what control pushed gives way to what a guest shows', async (t) => {
  const { a, b, web, db } = await layOut(t);
  const nobody = '10.254.0.9';
  await b.ask('forward', { name: network, moves: [{ mac: web.mac, at: nobody }] });
  await callOut(web);
  t.is(await hostOf(b, web.mac), a.tunnel);
  t.true(await reaches(db, '10.77.0.11'));
});

asRoot(
  why,
  'a guest that a host was not told of gets no address; told of, it does without a new server',
  async (t) => {
    const { tag, a, b } = await twoHosts(t);
    await a.ask('apply', configOf(a, [b], [card(11, 'web', a)]));
    const server = async () => (await a.inside('pgrep', '-f', `conf-file=${a.state}/`)).trim();
    const first = await server();
    await dhcp(t, await newGuest(t, tag, a, '52:54:00:77:00:11'));
    const late = await newGuest(t, tag, a, '52:54:00:77:00:13');
    await t.throwsAsync(
      late.inside(
        'busybox',
        'udhcpc',
        '-i',
        'eth0',
        '-f',
        '-n',
        '-q',
        '-t',
        '2',
        '-T',
        '1',
        '-s',
        '/bin/true',
      ),
    );
    await a.ask('apply', configOf(a, [b], [card(11, 'web', a), card(13, 'late', a)]));
    t.is((await dhcp(t, late)).get('ip'), '10.77.0.13');
    t.is(await server(), first);
  },
);

asRoot(why, 'a network with no way out names no router', async (t) => {
  const { tag, a, b } = await twoHosts(t);
  await a.ask('apply', configOf(a, [b], [card(11, 'web', a)], { outside: false }));
  const told = await dhcp(t, await newGuest(t, tag, a, '52:54:00:77:00:11'));
  t.is(told.get('ip'), '10.77.0.11');
  t.is(told.get('router'), undefined);
  t.is(told.get('staticroutes'), `169.254.169.254/32 ${gateway.address}`);
});
