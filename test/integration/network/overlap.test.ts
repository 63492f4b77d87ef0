/** A network whose subnet is already reached another way is not set up: the host would lose that way. */
import { bridgeOf } from '../../../src/guest-agent/network/names.ts';
import { asRoot } from '../as-root.ts';
import { card, configOf, type Host, network, twoHosts } from './two-hosts.ts';

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

asRoot(why, 'a network that is there goes on being set, whatever way comes after', async (t) => {
  const { a, b } = await twoHosts(t);
  const config = configOf(a, [b], [card(11, 'web', a)]);
  await a.ask('apply', config);
  await uplink(a);
  await a.inside('ip', 'address', 'add', '10.77.0.5/24', 'dev', 'up0');
  await t.notThrowsAsync(a.ask('apply', { ...config, cards: [] }));
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
