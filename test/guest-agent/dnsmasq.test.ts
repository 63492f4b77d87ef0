import test from 'ava';
import { dnsmasqFile, hostsFile, leasesFile } from '../../src/guest-agent/network/dnsmasq.ts';
import { gatewayOf } from '../../src/guest-agent/network/names.ts';
import { subnetOf } from '../../src/guest-agent/network/subnet.ts';
import type { NetworkConfig } from '../../src/wire/methods/network.ts';
import { networkConfig } from './network-config.ts';

for (const [address, network, mask, prefix] of [
  ['10.77.0.251/24', '10.77.0.0', '255.255.255.0', 24],
  ['192.168.255.254/20', '192.168.240.0', '255.255.240.0', 20],
  ['10.1.2.3/8', '10.0.0.0', '255.0.0.0', 8],
  ['10.1.2.3/32', '10.1.2.3', '255.255.255.255', 32],
  ['10.1.2.3/0', '0.0.0.0', '0.0.0.0', 0],
] as const) {
  test(`the subnet of ${address}`, (t) => t.deepEqual(subnetOf(address), { network, mask, prefix }));
}

const lines = (changes: Partial<NetworkConfig> = {}) =>
  dnsmasqFile(networkConfig(changes), { leases: '/leases', hosts: '/hosts' }, '9').split('\n');

test('a server listens at the gateway alone, and answers the guests that it knows', (t) => {
  const listening = lines().filter((line) => /interface|listen/.test(line));
  t.deepEqual(listening, [`interface=${gatewayOf('lan')}`, 'except-interface=lo', 'bind-interfaces']);
  t.true(lines().includes('dhcp-range=10.77.0.0,static,255.255.255.0,12h'));
  t.true(lines().includes('dhcp-ignore=tag:!known'));
});

test('guests are told the router, in the way that clients that ignore it also hear', (t) => {
  t.true(lines().includes('dhcp-option=3,10.77.0.1'));
  t.true(lines().includes('dhcp-option=121,169.254.169.254/32,10.77.0.1,0.0.0.0/0,10.77.0.1'));
  t.true(lines().includes('dhcp-option=6,10.77.0.1'));
  t.true(lines({ mtu: 1280 }).includes('dhcp-option=26,1280'));
});

test('a network without a way out has a router only when it is connected to another', (t) => {
  const alone = lines({ outside: false });
  t.true(alone.includes('dhcp-option=3'));
  t.true(alone.includes('dhcp-option=121,169.254.169.254/32,10.77.0.1'));
  t.true(alone.includes('no-resolv'));
  t.true(alone.includes(`ra-param=${gatewayOf('lan')},mtu:1370,60,0`));
  const connected = lines({ outside: false, connected: ['other'] });
  t.true(connected.includes('dhcp-option=3,10.77.0.1'));
  t.true(connected.includes('no-resolv'));
  t.false(lines().includes('no-resolv'));
});

test('IPv6 is announced where the network has it, by the same server on every host', (t) => {
  t.true(lines().includes('dhcp-range=fd77::,static,64,12h'));
  t.true(lines().includes(`ra-param=${gatewayOf('lan')},mtu:1370,60,1800`));
  t.true(lines().includes('dhcp-duid=32473,02:bb:00:00:00:01'));
  const none = lines({ subnet6: null, gateway: { ...networkConfig().gateway, address6: null } });
  t.deepEqual(
    none.filter(
      (line) => /enable-ra|ra-param|option6|duid|fd77/.test(line) && !line.startsWith('dhcp-range'),
    ),
    [],
  );
  t.is(none.filter((line) => line.startsWith('dhcp-range')).length, 1);
});

test('another gateway device needs another server, another list of guests does not', (t) => {
  const text = (device: string, changes: Partial<NetworkConfig> = {}) =>
    dnsmasqFile(networkConfig(changes), { leases: '/leases', hosts: '/hosts' }, device);
  t.not(text('9'), text('10'));
  t.is(text('9'), text('9', { cards: [] }));
});

test('addresses are for guests that are here, names for all', (t) => {
  t.is(leasesFile(networkConfig()), '52:54:00:77:00:11,10.77.0.11,[fd77::11],web,12h\n');
  t.is(
    hostsFile(networkConfig()),
    '10.77.0.11 web web.lan.internal\nfd77::11 web web.lan.internal\n10.77.0.12 db db.lan.internal\n',
  );
});
