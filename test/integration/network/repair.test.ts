/** What was changed by hand is named and set again, and a network that goes leaves nothing. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import {
  bridgeOf,
  gatewayOf,
  gatewayPortOf,
  tapOf,
  vxlanOf,
} from '../../../src/guest-agent/network/names.ts';
import { asRoot } from '../as-root.ts';
import { dhcp, ping, resolve } from './clients.ts';
import { squat } from './squatter.ts';
import { card, configOf, gateway, type Host, network, newGuest, twoHosts } from './two-hosts.ts';

const why = 'make network namespaces';

async function layOut(t: ExecutionContext) {
  const { tag, a, b } = await twoHosts(t);
  const cards = [card(11, 'web', a), card(12, 'db', b)];
  await a.ask('apply', configOf(a, [b], cards));
  await b.ask('apply', configOf(b, [a], cards));
  return { tag, a, b, cards };
}

const repaired = async (host: Host) => ((await host.ask('repair')) as { repaired: string[] }).repaired;
const setting = async (host: Host, path: string) =>
  (await host.inside('cat', `/proc/sys/net/${path}`)).trim();
const [bridge, end, port, vxlan] = [bridgeOf, gatewayOf, gatewayPortOf, vxlanOf].map((of) => of(network)) as [
  string,
  string,
  string,
  string,
];
const served = (host: Host) => ['pgrep', '-f', `conf-file=${host.state}/`];

asRoot(why, 'what nobody touched is not repaired', async (t) => {
  const { tag, a } = await layOut(t);
  const web = await newGuest(t, tag, a, '52:54:00:77:00:11');
  await dhcp(t, web);
  await ping(web, gateway.address);
  t.deepEqual(await repaired(a), []);
});

asRoot(why, 'each thing that was changed by hand is named and set again', async (t) => {
  const { a, b } = await layOut(t);
  const db = '52:54:00:77:00:12';
  const changes: [string[], string][] = [
    [['ip', 'address', 'delete', '10.77.0.1/24', 'dev', end], 'gateway address 10.77.0.1/24 was gone'],
    [['ip', 'address', 'add', '10.9.9.9/32', 'dev', bridge], 'bridge address 10.9.9.9/32 was added'],
    [['ip', 'link', 'set', bridge, 'mtu', '1400'], 'bridge MTU was 1400 in place of 1370'],
    [['ip', 'link', 'set', port, 'down'], 'gateway port being up was gone'],
    [['ip', 'link', 'set', vxlan, 'nomaster'], 'VXLAN in its bridge was gone'],
    [['bridge', 'fdb', 'delete', db, 'dev', vxlan, 'self'], `forwarding entry of ${db} was gone`],
    [
      ['bridge', 'fdb', 'delete', '00:00:00:00:00:00', 'dev', vxlan, 'dst', b.tunnel, 'self'],
      `copies of broadcasts to ${b.tunnel} was gone`,
    ],
    [['ip', 'link', 'delete', vxlan], 'VXLAN device was gone'],
    [['ip', 'link', 'delete', end], 'gateway device was gone'],
    [['ip', 'route', 'delete', 'fd77::/64', 'dev', bridge], 'route to fd77::/64 was gone'],
    [
      ['sysctl', '-qw', `net.ipv4.conf.${bridge}.arp_announce=0`],
      `setting net.ipv4.conf.${bridge}.arp_announce was 0 in place of 2`,
    ],
    [['pkill', '-f', `conf-file=${a.state}/`], 'DHCP and DNS server was gone'],
    [['truncate', '-s', '0', join(a.state, 'networks', `${network}.hosts`)], 'list of names was changed'],
  ];
  for (const [command, words] of changes) {
    await a.inside(...command);
    const found = await repaired(a);
    t.true(found.includes(`bridge ${network}: ${words}`), `${command.join(' ')}: ${found.join('; ')}`);
    t.deepEqual(await repaired(a), [], command.join(' '));
  }
  await a.inside('sysctl', '-qw', 'net.ipv4.ip_forward=0');
  t.deepEqual(await repaired(a), ['host: net.ipv4.ip_forward was 0']);
  t.is(await setting(a, 'ipv4/ip_forward'), '1');
});

asRoot(
  why,
  'a card that comes or goes leaves the rest as it was read: what was changed by hand is still found',
  async (t) => {
    const { a, b, cards } = await layOut(t);
    await a.inside('ip', 'link', 'set', bridge, 'mtu', '1400');
    const more = [...cards, card(13, 'cache', b)];
    await a.ask('apply', configOf(a, [b], more));
    const entries = await a.inside('bridge', 'fdb', 'show', 'dev', vxlan);
    t.true(entries.includes('52:54:00:77:00:13'), entries);
    t.deepEqual(await repaired(a), [`bridge ${network}: bridge MTU was 1400 in place of 1370`]);
    await a.ask('apply', configOf(a, [b], cards));
    t.false((await a.inside('bridge', 'fdb', 'show', 'dev', vxlan)).includes('52:54:00:77:00:13'));
    t.deepEqual(await repaired(a), []);
  },
);

asRoot(why, 'a device that is gone is made again when a card comes', async (t) => {
  const { a, b, cards } = await layOut(t);
  await a.inside('ip', 'link', 'delete', vxlan);
  await a.ask('apply', configOf(a, [b], [...cards, card(13, 'cache', b)]));
  t.true((await a.inside('bridge', 'fdb', 'show', 'dev', vxlan)).includes('52:54:00:77:00:13'));
  t.deepEqual(await repaired(a), []);
});

asRoot(why, 'guests of a network that was broken by hand are served again', async (t) => {
  const { tag, a, b } = await layOut(t);
  const web = await newGuest(t, tag, a, '52:54:00:77:00:11');
  const db = await newGuest(t, tag, b, '52:54:00:77:00:12');
  await dhcp(t, web);
  await dhcp(t, db);
  await a.inside('ip', 'link', 'delete', bridge);
  await a.inside('ip', 'link', 'delete', end);
  await t.throwsAsync(web.inside('busybox', 'ping', '-c', '1', '-W', '1', gateway.address));
  const found = await repaired(a);
  t.true(found.includes(`bridge ${network}: bridge device was gone`), found.join('; '));
  t.true(found.includes(`bridge ${network}: the card of web was off its bridge`), found.join('; '));
  await ping(web, gateway.address);
  await ping(web, '10.77.0.12');
  t.deepEqual(await resolve(web, 'db.lan.internal', gateway.address), ['10.77.0.12', 'fd77::12']);
  t.deepEqual(await repaired(a), []);
});

asRoot(why, 'no port of a network comes up before the filter is there', async (t) => {
  const { a } = await layOut(t);
  t.deepEqual(await a.ask('portsAtFilter'), [[]]);
});

asRoot(why, 'a host that was rebooted has its networks again', async (t) => {
  const { tag, a, b } = await layOut(t);
  await b.ask('forward', { name: network, moves: [{ mac: '52:54:00:77:00:12', at: a.tunnel }] });
  for (const device of [vxlan, end, bridge]) await b.inside('ip', 'link', 'delete', device);
  await b.ask('restore');
  t.deepEqual(await repaired(b), []);
  const entries = await b.inside('bridge', 'fdb', 'show', 'dev', vxlan);
  t.regex(entries, new RegExp(`52:54:00:77:00:12 dst ${a.tunnel}`)); // as control said last
  t.is((await dhcp(t, await newGuest(t, tag, b, '52:54:00:77:00:12'))).get('ip'), '10.77.0.12');
});

asRoot(why, 'a network that goes leaves no device, no program, no file and no setting', async (t) => {
  const { tag, a, b } = await twoHosts(t);
  await a.inside('sysctl', '-qw', 'net.ipv4.ip_forward=0', 'net.ipv4.conf.blanket0.forwarding=1');
  const links = () => a.inside('ip', '-brief', 'link', 'show');
  const before = await links();
  const cards = [card(11, 'web', a)];
  await a.ask('apply', configOf(a, [b], cards));
  t.is(await setting(a, 'ipv4/ip_forward'), '1');
  t.is(await setting(a, 'ipv6/conf/all/forwarding'), '1');
  t.true((await a.inside(...served(a))).length > 0);
  const web = await newGuest(t, tag, a, '52:54:00:77:00:11');
  await t.throwsAsync(a.ask('remove', network), { code: 'network.in-use' });
  await dhcp(t, web);
  await a.inside('ip', 'link', 'delete', tapOf(web.mac));
  await a.ask('remove', network);
  t.is(await links(), before);
  t.deepEqual(readdirSync(join(a.state, 'networks')), []);
  t.deepEqual(readdirSync(a.state), ['networks']);
  await t.throwsAsync(a.inside(...served(a)));
  t.is(await setting(a, 'ipv4/ip_forward'), '0');
  t.is(await setting(a, 'ipv4/conf/blanket0/forwarding'), '1'); // it may be a relay
  t.is(await setting(a, 'ipv6/conf/all/forwarding'), '0');
  t.deepEqual(await repaired(a), []);
});

asRoot(why, 'a port that is taken is not published, and keeps nothing else from being set', async (t) => {
  const { tag, a, b } = await layOut(t);
  const end = await squat(t, a, 8080);
  const port = (port: number) => ({ protocol: 'tcp' as const, port, address: '10.77.0.13', toPort: 80 });
  const publishes = [port(8080), port(8081), { ...port(53), protocol: 'udp' as const }];
  const config = configOf(a, [b], [card(13, 'late', a)], { publishes });
  const refused = { code: 'network.port-taken', message: /tcp\/8080/ };
  await t.throwsAsync(a.ask('apply', config), refused);
  t.deepEqual(await repaired(a), []);
  const published = () => a.inside('nft', 'list', 'map', 'inet', 'blanket', 'published');
  t.regex(await published(), /udp \. 53/);
  t.regex(await published(), /tcp \. 8081/);
  t.notRegex(await published(), /tcp \. 8080/);
  t.is((await dhcp(t, await newGuest(t, tag, a, '52:54:00:77:00:13'))).get('ip'), '10.77.0.13');
  await t.throwsAsync(a.ask('apply', config), refused); // the next time as well
  await end();
  await a.ask('apply', config);
  t.regex(await published(), /tcp \. 8080/);
});

asRoot(why, 'a move of a card that the host was not told of is refused', async (t) => {
  const { a } = await layOut(t);
  const moves = [{ mac: '52:54:00:77:00:99', at: a.tunnel }];
  await t.throwsAsync(a.ask('forward', { name: network, moves }), { code: 'network.unknown-card' });
  await t.throwsAsync(a.ask('forward', { name: 'nowhere', moves }), { code: 'network.missing' });
});
