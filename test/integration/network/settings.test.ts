/** The host's own settings: what is changed of them, what is not, and that they are given back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vxlanOf } from '../../../src/guest-agent/network/names.ts';
import { asRoot } from '../as-root.ts';
import { card, configOf, type Host, network, twoHosts } from './two-hosts.ts';

const why = 'make network namespaces';

const setting = async (host: Host, path: string) =>
  (await host.inside('cat', `/proc/sys/net/${path}`)).trim();
const accepting = (host: Host, device: string) => setting(host, `ipv6/conf/${device}/accept_ra`);
const repaired = async (host: Host) => ((await host.ask('repair')) as { repaired: string[] }).repaired;

/** `up` has a route that a router announced, `dock` has none. */
async function cables({ inside }: Host): Promise<void> {
  for (const name of ['up', 'dock']) {
    await inside('ip', 'link', 'add', `${name}0`, 'type', 'veth', 'peer', 'name', `${name}1`);
    for (const end of [0, 1]) await inside('ip', 'link', 'set', `${name}${end}`, 'up');
  }
  await announced('up0', inside);
}

const announced = (device: string, inside: Host['inside']) =>
  inside('ip', '-6', 'route', 'add', 'default', 'via', 'fe80::99', 'dev', device, 'proto', 'ra', 'onlink');

asRoot(why, 'only devices with an announced router go on listening to it', async (t) => {
  const { a, b } = await twoHosts(t);
  await cables(a);
  await a.ask('apply', configOf(a, [b], [card(11, 'web', a)]));
  t.is(await setting(a, 'ipv6/conf/all/forwarding'), '1');
  t.is(await accepting(a, 'up0'), '2');
  t.is(await accepting(a, 'dock0'), '1');
  t.is(await accepting(a, 'blanket0'), '1');
  await a.inside('ip', 'link', 'delete', 'dock0');
  t.deepEqual(await repaired(a), []);
  await a.ask('remove', network);
  t.is(await accepting(a, 'up0'), '1');
  t.is(await setting(a, 'ipv6/conf/all/forwarding'), '0');
});

asRoot(why, 'after a reboot the uplink listens, before its router has announced itself', async (t) => {
  const { a, b } = await twoHosts(t);
  await cables(a);
  await a.ask('apply', configOf(a, [b], [card(11, 'web', a)]));
  await a.inside('ip', '-6', 'route', 'delete', 'default');
  await a.inside('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=0', 'net.ipv6.conf.up0.accept_ra=1');
  await a.ask('restore');
  t.is(await accepting(a, 'up0'), '2');
});

asRoot(why, 'a host that forwarded IPv6 before listens to routers as it did', async (t) => {
  const { a, b } = await twoHosts(t);
  await a.inside('sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1');
  await cables(a);
  await a.ask('apply', configOf(a, [b], [card(11, 'web', a)]));
  t.is(await accepting(a, 'up0'), '1');
});

asRoot(
  why,
  "what keeps the host's settings from being set keeps no network from being repaired",
  async (t) => {
    const { a, b } = await twoHosts(t);
    await a.ask('apply', configOf(a, [b], [card(11, 'web', a)]));
    writeFileSync(join(a.state, 'forwarding.json'), 'not what the agent writes');
    await a.inside('sysctl', '-qw', 'net.ipv4.ip_forward=0');
    await a.inside('nft', 'flush', 'chain', 'bridge', 'blanket', 'prerouting');
    const found = await repaired(a);
    t.true(found.length > 0 && found.every((words) => words.includes('prerouting')), found.join('; '));
    t.deepEqual(await repaired(a), []);
  },
);

asRoot(why, 'the filter is made again for its own sake alone', async (t) => {
  const { a, b } = await twoHosts(t);
  await a.ask('apply', configOf(a, [b], [card(11, 'web', a)]));
  const times = async () => ((await a.ask('portsAtFilter')) as unknown[]).length;
  const before = await times();
  await a.inside('sysctl', '-qw', 'net.ipv4.ip_forward=0');
  t.deepEqual(await repaired(a), ['host: net.ipv4.ip_forward was 0']);
  t.is(await times(), before);
  await a.inside('ip', 'link', 'set', vxlanOf(network), 'down');
  t.is((await repaired(a)).length, 1);
});
