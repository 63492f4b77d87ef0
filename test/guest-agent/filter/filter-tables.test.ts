/** The text alone; what it does is seen in test/integration/filter. */
import test from 'ava';
import fc from 'fast-check';
import { filterTables } from '../../../src/guest-agent/filter/filter-tables.ts';
import { ruleText } from '../../../src/guest-agent/filter/firewall.ts';
import { tableText } from '../../../src/guest-agent/filter/nft-text.ts';
import { unforwarded } from '../../../src/guest-agent/filter/routes.ts';
import { devicesOf, tapOf } from '../../../src/guest-agent/network/names.ts';
import { bridgeOf, vxlanOf } from '../../../src/guest-agent/network.ts';
import { configs } from './any-network.ts';
import { cardOf, networkOf } from './networks.ts';

test('without networks there is what a tunnel needs, and nothing of what others forward', (t) => {
  const [table, ...others] = filterTables([], ['ipv4', 'ipv6']);
  t.deepEqual(others, []);
  t.is(table?.family, 'inet');
  const rules = table?.chains.flatMap((chain) => chain.rules) ?? [];
  t.true(rules.length > 0);
  for (const rule of rules) t.regex(rule, /"blanket0"/);
});

test('what a host did not forward before is read from its settings of then', (t) => {
  const [ipv4, ipv6] = ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding'];
  t.deepEqual(unforwarded({}), []);
  t.deepEqual(unforwarded({ [ipv4]: '1', [ipv6]: '1', 'net/ipv6/conf/eth0/accept_ra': '0' }), []);
  t.deepEqual(unforwarded({ [ipv4]: '0' }), ['ipv4']);
  t.deepEqual(unforwarded({ [ipv6]: '0', [ipv4]: '0' }), ['ipv4', 'ipv6']);
});

test('devices are named as they are made, and no name is longer than Linux takes', (t) => {
  const { bridge, vxlan, gateway, gatewayPort } = devicesOf('blue');
  t.is(bridge, bridgeOf('blue'));
  t.is(vxlan, vxlanOf('blue'));
  t.is(tapOf('02:00:00:00:00:0a'), 'bt02000000000a');
  for (const name of [bridge, vxlan, gateway, gatewayPort, tapOf('ff:ff:ff:ff:ff:ff')])
    t.true(name.length <= 15, name);
});

test('a rule of the firewall is a rule of nftables', (t) => {
  const ports = { first: 8000, last: 8010 };
  t.is(ruleText({ protocol: 'tcp' }), 'meta l4proto tcp accept');
  t.is(ruleText({ protocol: 'tcp', ports: { first: 22, last: 22 } }), 'tcp dport 22 accept');
  t.is(
    ruleText({ protocol: 'udp', ports, from: '10.0.0.0/8' }),
    'ip saddr 10.0.0.0/8 udp dport 8000-8010 accept',
  );
  t.is(ruleText({ protocol: 'icmp' }), 'meta l4proto { icmp, ipv6-icmp } accept');
  t.is(ruleText({ protocol: 'icmp', from: 'fd00::/8' }), 'ip6 saddr fd00::/8 meta l4proto ipv6-icmp accept');
});

test('rules per guest grow only with its own firewall', (t) => {
  const rules = (guests: number, allow: [] | null) =>
    filterTables([
      networkOf({ cards: Array.from({ length: guests }, (_, index) => cardOf(index + 10, { allow })) }),
    ])
      .flatMap(({ chains }) => chains)
      .reduce((sum, chain) => sum + chain.rules.length, 0);
  t.is(rules(200, null), rules(1, null));
  t.is(rules(3, []) - rules(2, []), rules(2, []) - rules(1, []));
});

test('cards of other hosts are no part of it', (t) => {
  const text = (cards: Parameters<typeof networkOf>[0]) =>
    filterTables([networkOf(cards)])
      .map(tableText)
      .join();
  t.is(text({ cards: [cardOf(10), cardOf(11, { here: false })] }), text({ cards: [cardOf(10)] }));
});

/** A key of a map, and a name in a table, stands there once; else nft refuses the whole. */
test('no name and no key comes twice, whatever the networks', (t) => {
  fc.assert(
    fc.property(configs, (any) => {
      for (const { sets, chains } of filterTables(any)) {
        const names = [...sets, ...chains].map(({ name }) => name);
        const twice = (texts: string[]) => texts.length !== new Set(texts).size;
        if (twice(sets.map(({ name }) => name)) || twice(chains.map(({ name }) => name))) return false;
        if (names.some((name) => !/^[a-z][a-z0-9_]*$/.test(name))) return false;
        for (const { elements } of sets)
          if (twice(elements.map((one) => one.split(' : ')[0] ?? ''))) return false;
      }
      return true;
    }),
    { numRuns: 200 },
  );
  t.pass();
});
