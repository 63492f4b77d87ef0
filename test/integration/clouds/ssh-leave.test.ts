/** A machine that carried guest networks is given back without them: what the agent really set up, the script takes away. */
import { readFile } from 'node:fs/promises';
import { asRoot } from '../as-root.ts';
import { card, configOf, type Host, ip, twoHosts } from '../network/two-hosts.ts';
import { play } from './played-machine.ts';

const settings = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'ipv6/conf/uplink/accept_ra'] as const;
const asFound = ['0', '0', '1'];

/** The owner's, one of them named much as ours are. */
const owners = ['black-of-owner', 'lo', 'uplink'];

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** Rules of the owner's and ours, and the routes that only they lead to; in either family. */
async function ways(inside: Host['inside']): Promise<string[]> {
  const asked = ['-4', '-6'].flatMap((family) => [
    inside('ip', family, 'rule'),
    inside('ip', family, 'route', 'show', 'table', 'all', 'proto', 'static'),
  ]);
  const found = (await Promise.all(asked)).flatMap(lines);
  return found.filter((line) => line.includes(' iif ') || line.startsWith('throw'));
}

const seen = async ({ inside, space }: Host) => ({
  links: JSON.parse(await ip('-n', space, '-j', 'link'))
    .map(({ ifname }: { ifname: string }) => ifname)
    .sort(),
  tables: lines(await inside('nft', 'list', 'tables')).sort(),
  ways: await ways(inside),
  settings: lines(await inside('cat', ...settings.map((path) => `/proc/sys/net/${path}`))),
});

async function ownersThings({ inside }: Host): Promise<void> {
  await inside('ip', 'link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'black-of-owner');
  await inside('ip', 'link', 'set', 'uplink', 'up');
  await inside('ip', 'link', 'set', 'black-of-owner', 'up');
  // As its router has announced it.
  await inside('ip', '-6', 'route', 'add', 'default', 'via', 'fe80::9', 'dev', 'uplink', 'proto', 'ra');
  await inside('nft', 'add', 'table', 'inet', 'mine');
  for (const family of ['-4', '-6'])
    await inside('ip', family, 'rule', 'add', 'priority', '1998', 'iif', 'uplink', 'lookup', '7');
  for (const [index, path] of settings.entries())
    await inside('sysctl', '-qw', `net/${path}=${asFound[index]}`);
}

asRoot(
  'make namespaces',
  'given back, a machine neither filters nor forwards for guests any more',
  async (t) => {
    const { a, b } = await twoHosts(t);
    await ownersThings(a);
    const publishes = [{ protocol: 'tcp' as const, port: 8080, address: '10.77.0.11', toPort: 80 }];
    const egress = { at: b.tunnel, address: '10.77.0.252', except: [] };
    await a.ask('apply', configOf(a, [b], [card(11, 'web', a)], { publishes, egress }));

    const carried = await seen(a);
    t.is(carried.links.length, owners.length + 5, 'the tunnel and four devices of the network');
    t.deepEqual(carried.tables, ['table bridge blanket', 'table inet blanket', 'table inet mine']);
    t.is(carried.ways.length, 6, 'a rule of the owner, one of ours and a route for each family');
    t.deepEqual(carried.settings, ['1', '1', '2']);

    const kept = await readFile(`${a.state}/forwarding.json`, 'utf8');
    const state = `cat >/var/lib/blanket/forwarding.json <<'KEPT'\n${kept}KEPT`;
    await play(t, `prepare one\n${state}\nleave one\nleave one`, a.space);
    const left = { links: owners, tables: ['table inet mine'], settings: asFound };
    t.deepEqual(await seen(a), { ...left, ways: carried.ways.filter((way) => way.includes('uplink')) });
  },
);
