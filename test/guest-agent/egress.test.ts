/** The routes of a way out by another host, as commands; what they do is seen in test/integration/network. */
import test from 'ava';
import { linkLocalOf } from '../../src/guest-agent/filter/ipv6.ts';
import { spelt } from '../../src/guest-agent/links.ts';
import { bridgeAddresses, bridgeMac } from '../../src/guest-agent/network/devices.ts';
import { detourRoutes, tableCommands } from '../../src/guest-agent/network/egress.ts';
import { bridgeOf } from '../../src/guest-agent/network/names.ts';
import { detourOf, isEgress, leavesHere } from '../../src/guest-agent/network/way-out.ts';
import { networkConfigSchema } from '../../src/wire/methods/network.ts';
import { networkConfig } from './network-config.ts';

const elsewhere = {
  at: '10.254.0.2',
  address: '10.77.0.252',
  except: ['10.78.0.0/24', 'FD78:0::/64', '10.77.0.0/24'],
};
const here = { at: '10.254.0.1', address: '10.77.0.251', except: [] };
const dev = bridgeOf('lan');

test('a host knows whether guests leave by it, whose, and by which other', (t) => {
  const seen = (changes: Parameters<typeof networkConfig>[0]) => {
    const config = networkConfig(changes);
    return [leavesHere(config), isEgress(config), detourOf(config)?.at];
  };
  t.deepEqual(seen({}), [true, false, undefined]);
  t.deepEqual(seen({ egress: here }), [true, true, undefined]);
  t.deepEqual(seen({ egress: elsewhere }), [false, false, '10.254.0.2']);
  for (const egress of [null, here, elsewhere])
    t.deepEqual(seen({ egress, outside: false }), [false, false, undefined]);
});

test('what an agent kept before there were egress hosts is read as it was meant', (t) => {
  const { egress: _egress, ...before } = networkConfig();
  t.is(networkConfigSchema.parse(before).egress, null);
});

test('all but guest networks goes to the egress host, IPv6 by the address that it has there', (t) => {
  const config = networkConfig({ egress: elsewhere });
  t.deepEqual(detourRoutes(config, '-4'), [
    `default via 10.77.0.252 dev ${dev}`,
    'throw 10.77.0.0/24',
    'throw 10.78.0.0/24',
  ]);
  const other = networkConfig({ tunnelAddress: '10.254.0.2' });
  const [, own] = bridgeAddresses(other);
  const [router, ...past] = detourRoutes(config, '-6');
  t.is(own?.address, `${linkLocalOf(bridgeMac(other))}/64`);
  t.is(router, `default via ${spelt(linkLocalOf(bridgeMac(other)))} dev ${dev} metric 1024`);
  t.deepEqual(past, ['throw fd77::/64 dev lo metric 1024', 'throw fd78::/64 dev lo metric 1024']);
  t.deepEqual(detourRoutes(networkConfig({ egress: elsewhere, subnet6: null }), '-6'), []);
  for (const egress of [null, here])
    for (const family of ['-4', '-6'] as const)
      t.deepEqual(detourRoutes(networkConfig({ egress }), family), []);
});

test('a table is changed without a moment in which what stays is missing', (t) => {
  const wanted = ['default via 10.77.0.252 dev bl1', 'throw 10.77.0.0/24'];
  t.deepEqual(tableCommands(9, wanted, wanted), []);
  t.deepEqual(tableCommands(9, wanted, ['default via 10.77.0.253 dev bl1', 'throw 10.77.0.0/24']), [
    'route replace default via 10.77.0.252 dev bl1 table 9 proto static',
  ]);
  t.deepEqual(
    tableCommands(9, wanted, [...wanted, 'throw 10.78.0.0/24', 'default via 10.77.0.9 dev bl1 metric 5']),
    [
      'route delete throw 10.78.0.0/24 table 9',
      'route delete default via 10.77.0.9 dev bl1 metric 5 table 9',
    ],
  );
  t.deepEqual(tableCommands(9, [], ['throw fd77::/64 dev lo metric 1024']), [
    'route delete throw fd77::/64 dev lo metric 1024 table 9',
  ]);
});
