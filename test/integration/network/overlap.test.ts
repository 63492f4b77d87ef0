/** A network whose subnet is already reached another way is not set up: the host would lose that way. */
import { bridgeOf } from '../../../src/guest-agent/network/names.ts';
import { asRoot } from '../as-root.ts';
import { dhcp, ping } from './clients.ts';
import { card, configOf, gateway, type Host, network, newGuest, twoHosts } from './two-hosts.ts';

const why = 'make network namespaces';
const repaired = async (host: Host) => ((await host.ask('repair')) as { repaired: string[] }).repaired;
const links = (host: Host) => host.inside('ip', '-brief', 'link', 'show');
const guarded = async (host: Host) => (await host.inside('nft', 'list', 'ruleset')).includes('blanket');

/** Where the host's owner reaches it. */
async function uplink({ inside }: Host): Promise<void> {
  await inside('ip', 'link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up1');
  for (const end of ['up0', 'up1']) await inside('ip', 'link', 'set', end, 'up');
}

const ways: [string, string[][], string][] = [
  [
    'a lease of the same subnet',
    [
      ['address', 'add', '10.77.0.5/24', 'dev', 'up0', 'noprefixroute'],
      ['route', 'add', '10.77.0.0/24', 'dev', 'up0', 'metric', '100'],
    ],
    '10.77.0.0/24',
  ],
  ['a wider subnet', [['address', 'add', '10.1.2.3/8', 'dev', 'up0']], '10.0.0.0/8'],
  [
    'a router inside',
    [
      ['address', 'add', '192.0.2.5/32', 'dev', 'up0'],
      ['route', 'add', 'default', 'via', '10.77.0.9', 'dev', 'up0', 'onlink'],
    ],
    'default',
  ],
  ['an IPv6 subnet', [['address', 'add', 'fd77::5/48', 'dev', 'up0', 'nodad']], 'fd77::/48'],
];
for (const [name, commands, route] of ways) {
  asRoot(why, `${name} on the uplink is told of, and nothing is changed`, async (t) => {
    const { a, b } = await twoHosts(t);
    await uplink(a);
    for (const command of commands) await a.inside('ip', ...command);
    const before = await links(a);
    const refusal = await t.throwsAsync(a.ask('apply', configOf(a, [b], [card(11, 'web', a)])), {
      code: 'network.overlap',
    });
    t.like(refusal, { kind: 'conflict', data: { device: 'up0', route } });
    t.is(await links(a), before);
    t.false(await guarded(a));
    t.deepEqual(await repaired(a), []);
  });
}

asRoot(why, "the host's other ways are no hindrance", async (t) => {
  const { a, b } = await twoHosts(t);
  await uplink(a);
  await a.inside('ip', 'address', 'add', '10.78.0.5/24', 'dev', 'up0');
  await a.inside('ip', 'address', 'add', 'fd78::5/64', 'dev', 'up0', 'nodad');
  await a.inside('ip', 'route', 'add', 'default', 'via', '10.78.0.1');
  await a.inside('ip', 'route', 'add', '10.0.0.0/8', 'via', '10.78.0.1');
  await a.inside('ip', 'route', 'add', 'blackhole', '10.77.0.0/16');
  const config = configOf(a, [b], [card(11, 'web', a)]);
  await t.notThrowsAsync(a.ask('apply', config));
});

/** Each way that the kernel would take, as the host's owner finds it. */
const wayTo = async ({ inside }: Host, address: string): Promise<string | undefined> =>
  /dev (\S+)/.exec(await inside('ip', 'route', 'get', address))?.[1];

asRoot(why, 'a way that comes after the network is given back to the host, and told of', async (t) => {
  const { tag, a, b } = await twoHosts(t);
  const cards = [card(11, 'web', a), card(12, 'db', b)];
  await a.ask('apply', configOf(a, [b], cards));
  await b.ask('apply', configOf(b, [a], cards));
  const web = await newGuest(t, tag, a, '52:54:00:77:00:11');
  const db = await newGuest(t, tag, b, '52:54:00:77:00:12');
  for (const guest of [web, db]) await dhcp(t, guest);
  t.deepEqual(await a.ask('overlaps'), []);
  await uplink(a);
  await a.inside('ip', 'address', 'add', '10.77.0.5/24', 'dev', 'up0', 'noprefixroute');
  await a.inside('ip', 'route', 'add', '10.77.0.0/24', 'dev', 'up0', 'metric', '100');
  t.is(await wayTo(a, '10.77.0.9'), bridgeOf(network));
  t.is(await wayTo(a, '10.77.0.1'), 'lo', 'the router has the address of the gateway');
  t.deepEqual(await repaired(a), []);
  t.is(await wayTo(a, '10.77.0.9'), 'up0');
  t.is(await wayTo(a, '10.77.0.1'), 'up0');
  await ping(web, '10.77.0.12');
  t.true(await guarded(a));
  t.like(await a.ask('overlaps'), [
    { code: 'network.overlap', data: { device: 'up0', route: '10.77.0.0/24' } },
  ]);
  await t.throwsAsync(a.ask('apply', configOf(a, [b], cards)), { code: 'network.overlap' });
  t.deepEqual(await repaired(a), []);
  await a.inside('ip', 'link', 'delete', 'up0');
  t.not((await repaired(a)).length, 0);
  t.deepEqual(await repaired(a), []);
  t.is(await wayTo(a, '10.77.0.9'), bridgeOf(network));
  await ping(web, gateway.address);
  t.is((await dhcp(t, web)).get('ip'), '10.77.0.11');
});

asRoot(why, 'after a reboot with another lease its network waits for the way to go', async (t) => {
  const { a, b } = await twoHosts(t);
  await a.ask('apply', configOf(a, [b], [card(11, 'web', a)]));
  await a.inside('ip', 'link', 'delete', bridgeOf(network));
  await uplink(a);
  await a.inside('ip', 'address', 'add', '10.77.0.5/24', 'dev', 'up0');
  await a.ask('restore');
  t.false((await links(a)).includes(bridgeOf(network)));
  t.true(await guarded(a));
  t.deepEqual(await repaired(a), []);
  t.false((await links(a)).includes(bridgeOf(network)));
  await a.inside('ip', 'address', 'delete', '10.77.0.5/24', 'dev', 'up0');
  t.true((await repaired(a)).includes(`bridge ${network}: bridge device was gone`));
  t.true((await links(a)).includes(bridgeOf(network)));
});
