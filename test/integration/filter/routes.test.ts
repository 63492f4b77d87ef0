/** What a host routes for its guests, and what it keeps from them. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { cardOf, greenOf, networkOf } from '../../guest-agent/filter/networks.ts';
import { asRoot } from '../as-root.ts';
import { type Stage, stageFor, together } from './stage.ts';
import { guestLines, hostUplink, macs, outsideAddress } from './stage-links.ts';

const blue = (changes = {}) => networkOf({ cards: [cardOf(10), cardOf(11)], ...changes });
const green = (changes = {}) =>
  greenOf({ cards: [cardOf(20, { address: '10.88.0.20', address6: 'fd88::14' })], ...changes });
const outside6 = '2001:db8::2';
const namespaces = 'make namespaces';

for (const tracked of [false, true]) {
  const variant = tracked ? ' (bridged packets pass the inet tables too)' : '';

  asRoot(
    namespaces,
    `a guest reaches the world as its host, an isolated one does not${variant}`,
    async (t) => {
      const stage = await stageFor(t, tracked);
      await stage.serve('outside', 80);
      const reached = () =>
        Promise.all([
          stage.ask('one', outsideAddress, 80),
          stage.ask('one', outside6, 80),
          stage.askUdp('one', outsideAddress, 80),
        ]);
      t.deepEqual((await reached())[0], '10.77.0.10', 'without the filter');
      await stage.filter.apply([blue()]);
      t.deepEqual(await reached(), [hostUplink, '2001:db8::1', hostUplink]);
      await stage.filter.apply([blue({ outside: false })]);
      t.deepEqual(await reached(), ['none', 'none', 'none']);
    },
  );

  asRoot(namespaces, `a published port leads to the guest, wherever it is${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await stage.serve('one', 80);
    await stage.serve('host', 8080);
    const publishes = (['tcp', 'udp'] as const).map((protocol) => ({
      protocol,
      port: 8080,
      address: '10.77.0.10',
      toPort: 80,
    }));
    const cards = [cardOf(10, { allow: [] }), cardOf(11)];
    const reached = () =>
      Promise.all([
        stage.ask('outside', hostUplink, 8080),
        stage.askUdp('outside', hostUplink, 8080),
        stage.ask('host', hostUplink, 8080),
      ]);
    await stage.filter.apply([blue({ cards })]);
    t.deepEqual(await reached(), [outsideAddress, outsideAddress, hostUplink], 'the host itself answers');
    await stage.filter.apply([blue({ cards, publishes, outside: false })]);
    const asHost = ['10.77.0.254', '10.77.0.254', '10.77.0.254'];
    t.deepEqual(await reached(), asHost);
    t.is(await stage.ask('outside', '10.77.0.10', 80), 'none', 'by the port alone');
    t.is(await stage.ask('one', hostUplink, 8080), 'none', 'not for guests');

    // the guest leaves for the host behind the tunnel, with its address and its MAC
    await stage.ip('one', ['link del eth0']);
    await stage.ip('far', ['addr flush dev eth0', ...guestLines(macs.one, '10.77.0.10', 'fd77::a')]);
    await stage.serve('far', 80);
    t.deepEqual(await reached(), asHost, 'before this host is told');
    const elsewhere = cards.map((card) => (card.mac === macs.one ? { ...card, here: false } : card));
    await stage.filter.apply([blue({ cards: elsewhere, publishes, outside: false })]);
    t.deepEqual(await reached(), asHost);
  });

  asRoot(namespaces, `the metadata address leads to the gateway and nowhere else${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await stage.serve('outside', 80, 81);
    await stage.serve('host', 8775);
    const addresses = ['169.254.169.254', '169.254.7.7', '168.63.129.16'];
    const reached = () =>
      Promise.all([
        ...addresses.map((address) => stage.ask('one', address, 80)),
        stage.ask('one', '169.254.169.254', 81),
        stage.ask('one', 'fd00:ec2::254', 80),
      ]);
    // its answers leave by the uplink with the guest's own address, as this host masks nothing yet
    const [unfiltered, ...others] = await reached();
    t.is(unfiltered, '10.77.0.10');
    t.deepEqual(others.slice(0, 3), ['10.77.0.10', '10.77.0.10', '10.77.0.10']);
    await stage.filter.apply([blue()]);
    t.is(await stage.ask('one', '203.0.113.1', 80), hostUplink, 'the world is there');
    t.is(await stage.ask('host', 'fd00:ec2::254', 80), '2001:db8::1', 'the host reaches its own service');
    t.deepEqual(await reached(), ['10.77.0.10', 'none', 'none', 'none', 'none']);
    t.is(await stage.ask('host', '169.254.169.254', 81), hostUplink);
    await stage.filter.apply([blue({ outside: false })]);
    t.is(await stage.ask('one', '169.254.169.254', 80), '10.77.0.10', 'isolated guests have metadata too');
  });

  asRoot(namespaces, `networks see each other when they are connected${variant}`, async (t) => {
    const stage = await stageFor(t, tracked);
    await stage.serve('one', 80);
    await stage.serve('three', 80);
    const reached = () =>
      Promise.all([
        stage.ask('one', '10.88.0.20', 80),
        stage.ask('three', '10.77.0.10', 80),
        stage.ask('one', 'fd88::14', 80),
      ]);
    t.deepEqual(await reached(), ['10.77.0.10', '10.88.0.20', 'fd77::a'], 'without the filter');
    await stage.filter.apply([blue(), green()]);
    t.deepEqual(await reached(), ['none', 'none', 'none']);
    await stage.filter.apply([
      blue({ connected: ['green'] }),
      green({ connected: ['blue'], outside: false }),
    ]);
    t.deepEqual(await reached(), ['10.77.0.10', '10.88.0.20', 'fd77::a']);
    await stage.filter.apply([blue(), green()]);
    t.deepEqual(await reached(), ['none', 'none', 'none']);
  });
}

/** Every question that a guest could ask a host, and one that only the outside should. */
function knocks(stage: Stage): Promise<Record<string, string>> {
  return together({
    'dns at the gateway': stage.ask('one', '10.77.0.1', 53),
    'dns over udp': stage.askUdp('one', '10.77.0.1', 53),
    'dns over ipv6': stage.ask('one', 'fd77::1', 53),
    metadata: stage.ask('one', '10.77.0.1', 8775),
    'ssh at the gateway': stage.ask('one', '10.77.0.1', 22),
    'ssh at the gateway over ipv6': stage.ask('one', 'fd77::1', 22),
    'ssh at the uplink': stage.ask('one', hostUplink, 22),
    'dns at the uplink': stage.ask('one', hostUplink, 53),
    'ssh on the network': stage.ask('one', '10.77.0.254', 22),
    "dns at another network's gateway": stage.ask('one', '10.88.0.1', 53),
    'ssh in the tunnel': stage.ask('one', '10.254.0.1', 22),
    'another host in the tunnel': stage.ask('one', '10.254.0.2', 22),
    'ssh from outside': stage.ask('outside', hostUplink, 22),
    'metadata from outside': stage.ask('outside', '10.77.0.1', 8775),
    'ssh from the tunnel': stage.ask('peer', '10.254.0.1', 22),
  });
}

asRoot(namespaces, 'a host answers its guests what they need, and keeps the rest to itself', async (t) => {
  const stage = await stageFor(t);
  await stage.serve('host', 22, 53, 8775);
  await stage.serve('peer', 22);
  const unfiltered = await knocks(stage);
  t.deepEqual(
    Object.keys(unfiltered).filter((name) => unfiltered[name] === 'none'),
    [],
  );
  await stage.filter.apply([blue(), green()]);
  const filtered = await knocks(stage);
  t.deepEqual(
    Object.keys(filtered).filter((name) => filtered[name] !== 'none'),
    [
      'dns at the gateway',
      'dns over udp',
      'dns over ipv6',
      'metadata',
      'ssh from outside',
      'ssh from the tunnel',
    ],
  );
  await stage.command('one', ['ping', '-c1', '-W2', '10.77.0.1']);
  await stage.command('one', ['ping', '-c1', '-W2', 'fd77::1']);
  await stage.command('one', ['ping', '-c1', '-W2', '10.77.0.254']);
  t.is(await stage.ask('host', '10.77.0.10', 9), 'none', 'nobody answers there');
  await stage.serve('one', 9);
  t.is(await stage.ask('host', '10.77.0.10', 9), '10.77.0.254');
});

asRoot(namespaces, 'a host relays between tunnels, and routes nothing else into one', async (t) => {
  const stage = await stageFor(t);
  await stage.serve('peer', 80);
  await stage.serve('one', 80);
  await stage.ip('outside', [`route add 10.254.0.0/24 via ${hostUplink}`]);
  const forwarded = async () => {
    const before = await counted(stage);
    await stage.askUdp('peer', '10.254.8.8', 80);
    return (await counted(stage)) - before;
  };
  // from the peer to this host and back into the tunnel, as between two that cannot reach each other
  await stage.ip('peer', ['route add 10.254.8.8/32 via 10.254.0.1']);
  await stage.ip('host', ['route add 10.254.8.8/32 via 10.254.0.3']);
  await stage.nft(['-f', '-'], relayCounter);
  t.is(await forwarded(), 1);
  t.is(await stage.ask('outside', '10.254.0.2', 80), outsideAddress);
  t.is(await stage.ask('peer', '10.77.0.10', 80), '10.254.0.2');
  await stage.filter.apply([blue()]);
  t.is(await forwarded(), 1);
  t.is(await stage.ask('outside', '10.254.0.2', 80), 'none');
  t.is(await stage.ask('peer', '10.77.0.10', 80), 'none');
  await stage.serve('outside', 80);
  await stage.filter.apply([]);
  t.is(await forwarded(), 1);
  t.is(await stage.ask('outside', '10.254.0.2', 80), 'none');
  t.is(await stage.ask('peer', outsideAddress, 80), 'none', 'without networks too');
});

const relayCounter =
  'table inet seen { counter relayed {}; chain out { type filter hook postrouting priority 300; oifname "blanket0" ip daddr 10.254.8.8 counter name relayed; }; }';

async function counted(stage: Stage): Promise<number> {
  const { stdout } = await stage.command('host', ['nft', 'list', 'counter', 'inet', 'seen', 'relayed']);
  return Number(/packets (\d+)/.exec(stdout)?.[1]);
}

test.serial('metadata of clouds that Blanket knows lies where no guest reaches', (t) => {
  const listener = readFileSync(
    new URL('../../../src/guest-agent/notices/listener.ts', import.meta.url),
    'utf8',
  );
  const routes = readFileSync(new URL('../../../src/guest-agent/filter/routes.ts', import.meta.url), 'utf8');
  const services = [...listener.matchAll(/'http:\/\/([\d.]+)'/g)].map(([, address = '']) => address);
  t.true(services.length >= 2);
  for (const address of services) t.true(address.startsWith('169.254.') || routes.includes(`'${address}'`));
});
