/** A host that was no router before guest networks came is none between its own networks after. */
import { cardOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { type Stage, stageFor } from './stage.ts';
import { hostUplink, outsideAddress } from './stage-links.ts';

const publishes = [{ protocol: 'tcp' as const, port: 8080, address: '10.77.0.10', toPort: 80 }];
const blue = networkOf({ cards: [cardOf(10), cardOf(11)], publishes });

/** A second network of the owner's, with the peer in it: outside -- uplink -- host -- second -- peer. */
async function secondNetwork(stage: Stage): Promise<void> {
  await stage.ip('host', [
    `link add second type veth peer name eth1 netns ${stage.namespace('peer')}`,
    'link set second up',
    'addr add 192.0.2.1/24 dev second',
    'addr add 2001:db8:2::1/64 dev second nodad',
  ]);
  await stage.ip('peer', [
    'link set eth1 up',
    'addr add 192.0.2.2/24 dev eth1',
    'addr add 2001:db8:2::2/64 dev eth1 nodad',
    'route add 198.51.100.0/24 via 192.0.2.1',
    'route add 2001:db8::/64 via 2001:db8:2::1',
  ]);
  await stage.ip('outside', [
    `route add 192.0.2.0/24 via ${hostUplink}`,
    'route add 2001:db8:2::/64 via 2001:db8::1',
  ]);
  await stage.serve('peer', 80);
}

asRoot('make namespaces', 'a host forwards for guests alone what it did not forward before', async (t) => {
  const stage = await stageFor(t);
  await secondNetwork(stage);
  await stage.serve('outside', 80);
  await stage.serve('one', 80);
  const between = () =>
    Promise.all([
      stage.ask('outside', '192.0.2.2', 80),
      stage.ask('peer', outsideAddress, 80),
      stage.ask('outside', '2001:db8:2::2', 80),
    ]);
  const open = [outsideAddress, '192.0.2.2', '2001:db8::2'];
  await stage.filter.apply([blue]);
  t.deepEqual(await between(), open, 'a router before');
  await stage.filter.apply([blue], ['ipv4']);
  t.deepEqual(await between(), ['none', 'none', '2001:db8::2']);
  await stage.filter.apply([blue], ['ipv6']);
  t.deepEqual(await between(), [outsideAddress, '192.0.2.2', 'none']);
  await stage.filter.apply([blue], ['ipv4', 'ipv6']);
  t.deepEqual(await between(), ['none', 'none', 'none']);
  t.deepEqual(await stage.filter.differs(), []);

  t.is(await stage.ask('one', outsideAddress, 80), hostUplink, 'guests have their way out');
  t.is(await stage.ask('one', '2001:db8::2', 80), '2001:db8::1');
  t.is(await stage.ask('outside', hostUplink, 8080), '10.77.0.254', 'and published ports');
});

asRoot('make namespaces', "what an owner's own bridge carries is not routed, and passes", async (t) => {
  const stage = await stageFor(t, true);
  await stage.ip('host', [
    'link add br-owners type bridge stp_state 0 forward_delay 0',
    'link set br-owners up',
    ...(['outside', 'peer'] as const).flatMap((place) => [
      `link add own-${place} type veth peer name eth2 netns ${stage.namespace(place)}`,
      `link set own-${place} master br-owners up`,
    ]),
    'addr add 192.0.2.1/24 dev br-owners',
    'link add br-other type bridge',
    'addr add 203.0.114.1/24 dev br-other',
    'link set br-other up',
    `link add own-two type veth peer name eth2 netns ${stage.namespace('two')}`,
    'link set own-two master br-other up',
  ]);
  const lines = (address: string, address6: string) => [
    'link set eth2 up',
    `addr add ${address}/24 dev eth2`,
    `addr add ${address6}/64 dev eth2 nodad`,
  ];
  await stage.ip('outside', lines('192.0.2.2', '2001:db8:3::2'));
  await stage.ip('peer', [...lines('192.0.2.3', '2001:db8:3::3'), 'route add 203.0.114.0/24 via 192.0.2.1']);
  await stage.ip('two', [...lines('203.0.114.2', '2001:db8:4::2'), 'route add 192.0.2.0/24 via 203.0.114.1']);
  for (const place of ['outside', 'two'] as const) await stage.serve(place, 80);
  const carried = () =>
    Promise.all([stage.ask('peer', '192.0.2.2', 80), stage.ask('peer', '2001:db8:3::2', 80)]);
  t.is(await stage.ask('peer', '203.0.114.2', 80), '192.0.2.3');
  await stage.filter.apply([blue], ['ipv4', 'ipv6']);
  t.deepEqual(await carried(), ['192.0.2.3', '2001:db8:3::3']);
  t.is(await stage.ask('peer', '203.0.114.2', 80), 'none', 'from one of its bridges to another it is routed');
  t.deepEqual(await stage.filter.differs(), []);
});

asRoot('make namespaces', 'a host that has a tunnel alone stands in nobody else’s way', async (t) => {
  const stage = await stageFor(t);
  await secondNetwork(stage);
  const between = () => stage.ask('outside', '192.0.2.2', 80);
  await stage.filter.apply([blue], ['ipv4', 'ipv6']);
  t.is(await between(), 'none');
  await stage.filter.apply([], ['ipv4', 'ipv6']);
  t.is(await between(), outsideAddress, 'it forwards no more by itself');
  t.is((await stage.nft(['list', 'tables'])).trim(), 'table inet blanket');
});
