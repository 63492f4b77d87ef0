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
  const between = async () => [
    await stage.ask('outside', '192.0.2.2', 80),
    await stage.ask('peer', outsideAddress, 80),
    await stage.ask('outside', '2001:db8:2::2', 80),
  ];
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
