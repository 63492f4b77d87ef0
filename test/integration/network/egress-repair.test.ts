/** The way out by another host: what was changed by hand of it is named and set again, and what goes leaves nothing. */
import { bridgeOf, gatewayOf } from '../../../src/guest-agent/network/names.ts';
import type { NetworkConfig } from '../../../src/wire/methods/network.ts';
import { asRoot } from '../as-root.ts';
import { byB, layOut } from './egress-hosts.ts';
import { configOf, type Host, network, twoHosts } from './two-hosts.ts';
import { server, server6, uplinks, worldOf } from './world.ts';

const why = 'make network namespaces';

const routing = async ({ inside }: Host): Promise<string> => {
  const parts = [
    ['rule'],
    ['-6', 'rule'],
    ['route', 'show', 'table', 'all'],
    ['-6', 'route', 'show', 'table', 'all'],
  ];
  const texts = await Promise.all(parts.map((words) => inside('ip', ...words)));
  return texts
    .join('')
    .split('\n')
    .filter((line) => /lookup|throw|default/.test(line))
    .join('\n');
};

const repaired = async (host: Host) => ((await host.ask('repair')) as { repaired: string[] }).repaired;

asRoot(why, 'rules, routes and addresses that were changed by hand are named and set again', async (t) => {
  const { a, world, web } = await layOut(t, byB);
  t.deepEqual(await repaired(a), []);
  const table = String(0x62000000 + 77);
  const rule = ['priority', '1998', 'iif', gatewayOf(network), 'lookup', table];
  const changes = [
    ['ip', 'rule', 'delete', ...rule],
    ['ip', '-6', 'rule', 'delete', ...rule],
    ['ip', 'rule', 'add', ...rule.slice(0, -1), '9'],
    ['ip', 'route', 'replace', 'default', 'via', '10.77.0.11', 'dev', bridgeOf(network), 'table', table],
    ['ip', '-6', 'route', 'delete', 'default', 'table', table],
    ['ip', 'route', 'add', '192.0.2.80', 'dev', 'up0', 'table', table],
    ['ip', 'route', 'flush', 'table', table],
    ['ip', '-6', 'address', 'flush', 'dev', bridgeOf(network), 'scope', 'link'],
  ];
  const before = await routing(a);
  for (const command of changes) {
    await a.inside(...command);
    t.true((await repaired(a)).length > 0, command.join(' '));
    t.deepEqual(await repaired(a), [], command.join(' '));
    t.is(await routing(a), before, command.join(' '));
  }
  t.is(await world.ask(web, server), uplinks.b.inet);
  t.is(await world.ask(web, server6), uplinks.b.inet6);
});

asRoot(why, 'a way out that goes, or whose network goes, leaves no rule, route or table', async (t) => {
  const { tag, a, b } = await twoHosts(t);
  await worldOf(t, tag, { a, b });
  const before = await routing(a);
  const except = ['10.78.0.0/24', 'fd78::/64'];
  const told = { egress: { at: b.tunnel, address: '10.77.0.252', except } };
  const apply = (changes: Partial<NetworkConfig>) => a.ask('apply', configOf(a, [b], [], changes));
  await apply(told);
  const during = await routing(a);
  for (const subnet of ['10.77.0.0/24', 'fd77::/64', ...except])
    t.true(during.includes(`throw ${subnet}`), subnet);
  await apply({});
  t.is(await routing(a), before);
  await apply(told);
  t.is(await routing(a), during);
  await apply({ ...told, vni: 79 });
  t.not(await routing(a), during);
  await a.ask('remove', network);
  t.is(await routing(a), before);
});

asRoot(why, 'a host that was rebooted has the way out again', async (t) => {
  const { a } = await layOut(t, byB);
  const before = await routing(a);
  for (const family of ['-4', '-6'])
    await a.inside('ip', family, 'rule', 'delete', 'iif', gatewayOf(network));
  await a.inside('ip', 'link', 'delete', bridgeOf(network));
  await a.ask('restore');
  t.is(await routing(a), before);
});
