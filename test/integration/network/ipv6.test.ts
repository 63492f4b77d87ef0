/** IPv6 of guests: the router by announcement, the address by DHCPv6, both the same on every host. */
import { accessSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asRoot } from '../as-root.ts';
import { neighbour, ping } from './clients.ts';
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

const client = '/usr/sbin/dhclient';
const withinMs = 60_000;
const deadline = (): (() => boolean) => {
  const end = Date.now() + withinMs;
  return () => Date.now() > end;
};

const script = `#!/bin/sh
[ "$reason" = BOUND6 ] || exit 0
ip address replace "$new_ip6_address/128" dev "$interface" nodad
env > "$ANSWER"
`;

type Link = { addr_info: { local: string; tentative?: boolean; scope: string }[] };

/** Its own address on the cable comes a second or two after the cable, when nobody has turned out to have it. */
async function linkLocal({ inside }: Guest): Promise<void> {
  for (const isLate = deadline(); !isLate(); ) {
    const [link] = JSON.parse(await inside('ip', '-6', '-j', 'address', 'show', 'dev', 'eth0')) as Link[];
    if (link?.addr_info?.some(({ scope, tentative }) => scope === 'link' && tentative !== true)) return;
    await inside('sleep', '0.2');
  }
  throw new Error('the guest got no link-local address');
}

async function dhcp6(t: ExecutionContext, guest: Guest): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'blanket-guest-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [file, answer, lease, pid] = ['script', 'answer', 'lease', 'pid'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  writeFileSync(file, script);
  chmodSync(file, 0o755);
  await linkLocal(guest);
  const files = ['-lf', lease, '-pf', pid];
  const words = [client, '-6', '-1', '-sf', file, ...files, '-e', `ANSWER=${answer}`, 'eth0'];
  await guest.inside('timeout', '60', ...words);
  await guest.inside(client, '-6', '-x', '-sf', '/bin/true', ...files, 'eth0');
  const lines = readFileSync(answer, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

type Route = { dst: string; gateway?: string; protocol: string; metrics?: { mtu?: number }[] };

async function defaultRoute({ inside }: Guest): Promise<Route | undefined> {
  for (const isLate = deadline(); !isLate(); ) {
    const routes = JSON.parse(await inside('ip', '-6', '-j', 'route', 'show', 'default')) as Route[];
    if (routes[0] !== undefined) return routes[0];
    await inside('sleep', '0.2');
  }
  return undefined;
}

async function layOut(t: ExecutionContext) {
  const { tag, a, b } = await twoHosts(t);
  const cards = [card(11, 'web', a), card(12, 'db', b)];
  const set = (host: Host, peer: Host) => host.ask('apply', configOf(host, [peer], cards));
  await set(a, b);
  await set(b, a);
  const web = await newGuest(t, tag, a, '52:54:00:77:00:11');
  const db = await newGuest(t, tag, b, '52:54:00:77:00:12');
  return { a, b, cards, web, db };
}

const why = 'make network namespaces';

asRoot(why, 'a router is announced, from an address that is the same on every host', async (t) => {
  const { web, db } = await layOut(t);
  for (const guest of [web, db]) {
    t.like(await defaultRoute(guest), { gateway: 'fe80::1', protocol: 'ra' });
    t.is((await guest.inside('cat', '/proc/sys/net/ipv6/conf/eth0/mtu')).trim(), '1370');
    await linkLocal(guest);
    await guest.inside('busybox', 'ping', '-c', '2', '-W', '5', '-I', 'eth0', 'fe80::1');
    t.is(await neighbour(guest, 'fe80::1'), gateway.mac);
  }
});

const title = 'guests have the IPv6 addresses that control chose, and keep what they have when they move';
const missing = (() => {
  try {
    accessSync(client);
    return undefined;
  } catch {
    return `needs ${client} (isc-dhcp-client)`;
  }
})();

const moves = async (t: ExecutionContext): Promise<void> => {
  const { a, b, cards, web, db } = await layOut(t);
  const told = await dhcp6(t, web);
  t.is(told.get('new_ip6_address'), 'fd77::11');
  t.is(told.get('new_dhcp6_name_servers'), gateway.address6);
  t.is((await dhcp6(t, db)).get('new_ip6_address'), 'fd77::12');
  await defaultRoute(web);
  await defaultRoute(db);
  await ping(web, 'fd77::12');
  await ping(web, gateway.address6);
  await moveGuest(web, { from: a, to: b, cards });
  const move = { name: network, moves: [{ mac: web.mac, at: b.tunnel }] };
  await Promise.all([a, b].map((host) => host.ask('forward', move)));
  await ping(db, 'fd77::11');
  await a.inside('ip', 'link', 'set', 'blanket0', 'down');
  await ping(web, gateway.address6);
};

if (missing === undefined) asRoot(why, title, moves);
else test.skip(`${title} (${missing})`, moves);
