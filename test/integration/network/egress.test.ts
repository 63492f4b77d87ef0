/** A network's way out by one host: what guests have open to the world goes on when they move. */
import { setTimeout as sleep } from 'node:timers/promises';
import { bridgeOf, gatewayOf } from '../../../src/guest-agent/network/names.ts';
import { asRoot } from '../as-root.ts';
import { byA, byB, layOut, passBridged, webAt } from './egress-hosts.ts';
import { configOf, network, twoHosts } from './two-hosts.ts';
import { metadata, server, server6, uplinks } from './world.ts';

const why = 'make network namespaces';

for (const passes of [false, true])
  asRoot(
    why,
    `by an egress host a connection to the world goes on wherever its guest goes${passes ? ' (bridged packets pass the inet tables too)' : ''}`,
    async (t) => {
      const { a, b, world, web, move } = await layOut(t, byB);
      await passBridged([a, b], passes);
      const [seen, seen6] = [await world.open(web, server), await world.open(web, server6)];
      const both = async () => [await seen(), await seen6()];
      const asB = [uplinks.b.inet, uplinks.b.inet6];
      t.deepEqual(await both(), asB);
      await move(a, b, byB);
      t.deepEqual(await both(), asB);
      await move(b, a, byB);
      t.deepEqual(await both(), asB);
      t.is(await world.ask(a, server), uplinks.a.inet, 'the host itself has its own way');
      t.regex(
        await web.inside('ip', 'route', 'get', server),
        /via 10\.77\.0\.1 /,
        'nobody told it of a shorter one',
      );
    },
  );

asRoot(why, 'without one it breaks', async (t) => {
  const { a, b, world, web, move } = await layOut(t, {});
  const seen = await world.open(web, server);
  t.is(await seen(), uplinks.a.inet);
  await move(a, b, {});
  t.is(await seen(), 'none');
  t.is(await world.ask(web, server), uplinks.b.inet);
});

asRoot(why, 'the egress host may be another, or each its own again', async (t) => {
  const { world, web, tell } = await layOut(t, byB);
  const reached = async () => [await world.ask(web, server), await world.ask(web, server6)];
  t.deepEqual(await reached(), [uplinks.b.inet, uplinks.b.inet6]);
  await tell(byA);
  t.deepEqual(await reached(), [uplinks.a.inet, uplinks.a.inet6]);
  await tell(byB);
  t.deepEqual(await reached(), [uplinks.b.inet, uplinks.b.inet6]);
  await tell({});
  t.deepEqual(await reached(), [uplinks.a.inet, uplinks.a.inet6]);
  await tell({ ...byB, outside: false });
  t.deepEqual(await reached(), ['none', 'none']);
});

asRoot(why, 'whichever way is chosen, no packet leaves with the address of a guest', async (t) => {
  const { world, web, tell } = await layOut(t, byB);
  const leaked = await world.watch('ip saddr 10.77.0.0/24', 'ip6 saddr fd77::/64');
  const [seen, seen6] = [await world.open(web, server), await world.open(web, server6)];
  await Promise.all([seen(), seen6()]);
  const flows = [server, server6].map((address) =>
    web.inside('ping', '-q', '-i', '0.01', '-c', '600', address).catch((error: unknown) => String(error)),
  );
  for (const told of [byA, byB, {}, byB, { ...byB, outside: false }, byA]) {
    await tell(told);
    await Promise.all([seen(), seen6()].map((answer) => Promise.race([answer.catch(() => ''), sleep(200)])));
    await world.spray(web, server);
  }
  const received = (await Promise.all(flows)).map((text) => Number(/(\d+) received/.exec(text)?.[1]));
  for (const count of received) t.true(count > 100, `${received}`);
  t.is(await leaked(), 0);
});

asRoot(why, 'what is too large for the way of the egress host is told, by that host', async (t) => {
  const { b, web } = await layOut(t, byB);
  await b.inside('ip', 'link', 'set', 'up0', 'mtu', '1300');
  const told = await web.inside('sh', '-c', `ping -c 1 -W 2 -M do -s 1320 ${server} || true`);
  t.regex(told, /10\.77\.0\.252 .*mtu ?= ?1300/);
  const told6 = await web.inside('sh', '-c', `ping -c 1 -W 2 -M do -s 1320 ${server6} || true`);
  t.regex(told6, /mtu ?= ?1300/);
});

asRoot(why, 'connected networks are reached as without it, others not at all', async (t) => {
  const { a, b } = await twoHosts(t);
  const lab = {
    ...{ name: 'lab', vni: 78, subnet: '10.78.0.0/24', subnet6: 'fd78::/64', hostAddress: '10.78.0.251/24' },
    gateway: { mac: '02:bb:00:00:00:02', address: '10.78.0.1', address6: 'fd78::1' },
  };
  const way = async (from: string, to: string) =>
    / dev (\S+)/.exec(await a.inside('ip', 'route', 'get', to, 'from', from, 'iif', gatewayOf(network)))?.[1];
  const ways = async () => [await way('10.77.0.11', '10.78.0.10'), await way('fd77::11', 'fd78::10')];
  const apply = async (connected: boolean) => {
    const except = connected ? [lab.subnet, lab.subnet6] : [];
    const egress = { at: b.tunnel, address: '10.77.0.252', except };
    await a.ask('apply', configOf(a, [b], [webAt(a)], { egress, connected: connected ? ['lab'] : [] }));
    await a.ask('apply', { ...configOf(a, [b], []), ...lab, connected: connected ? [network] : [] });
  };
  await apply(true);
  t.deepEqual(await ways(), [bridgeOf('lab'), bridgeOf('lab')]);
  await apply(false);
  t.deepEqual(await ways(), [bridgeOf(network), bridgeOf(network)]);
  const inner = await a.inside('nft', 'list', 'chain', 'inet', 'blanket', 'turn');
  t.regex(inner, /ip daddr @inner drop/);
});

asRoot(why, 'while the egress host is not there nobody leaves, by IPv6 neither', async (t) => {
  const { a, b, world, web } = await layOut(t, byB);
  const reached = async () => [await world.ask(web, server), await world.ask(web, server6)];
  await b.inside('ip', 'link', 'set', bridgeOf(network), 'down');
  t.deepEqual(await reached(), ['none', 'none']);
  for (const family of ['-4', '-6'])
    await a.inside('ip', family, 'rule', 'delete', 'iif', gatewayOf(network));
  t.deepEqual(await reached(), ['none', 'none'], 'not even without the rule');
});

asRoot(why, 'what no guest may reach it does not reach by another host', async (t) => {
  const { b, world, web } = await layOut(t, byB);
  await world.serve(b.space, 22);
  const lab = { name: 'lab', vni: 78, subnet: '10.78.0.0/24', subnet6: null, hostAddress: '10.78.0.252/24' };
  const labGateway = { mac: '02:bb:00:00:00:02', address: '10.78.0.1', address6: null };
  await b.ask('apply', { ...configOf(b, [], []), ...lab, gateway: labGateway });
  t.is(await world.ask(web, server), uplinks.b.inet, 'the world is there');
  t.is(await world.ask(b, metadata), uplinks.b.inet, 'and the metadata service for its host');
  t.is(await world.ask(web, metadata), 'none');
  for (const address of [uplinks.b.inet, '10.77.0.252', '10.78.0.1', '10.78.0.252', b.tunnel])
    t.is(await world.ask(web, address, 22), 'none', address);
});

asRoot(why, 'a published port of either host is there for guests that leave by one', async (t) => {
  const publishes = [{ protocol: 'tcp' as const, port: 8080, address: '10.77.0.11', toPort: 81 }];
  const { world, web, a, b } = await layOut(t, { ...byB, publishes });
  await passBridged([a, b], false);
  await world.serve(web.space, 81);
  const outside = { inside: (...words: string[]) => a.inside('ip', 'netns', 'exec', world.space, ...words) };
  t.is(await world.ask(outside, uplinks.a.inet, 8080), '10.77.0.251');
  t.is(await world.ask(outside, uplinks.b.inet, 8080), '10.77.0.252');
  t.is(await world.ask(web, uplinks.b.inet, 8080), '10.77.0.252');
  t.is(await world.ask(web, uplinks.a.inet, 8080), '10.77.0.251');
  t.is(await world.ask(b, uplinks.b.inet, 8080), '10.77.0.252');
});
