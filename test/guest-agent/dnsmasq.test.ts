import test from 'ava';
import { dhcpFile, hostsFile, subnetOf } from '../../src/guest-agent/dhcp.ts';

const config = {
  name: 'shared',
  vni: 77,
  hostAddress: '10.77.0.251/24',
  tunnelAddress: '10.90.0.1',
  peers: [],
  leases: [{ mac: '52:54:00:12:34:56', address: '10.77.0.10', name: 'traveller' }],
};

for (const [address, network, mask] of [
  ['10.77.0.251/24', '10.77.0.0', '255.255.255.0'],
  ['192.168.255.254/20', '192.168.240.0', '255.255.240.0'],
  ['10.1.2.3/8', '10.0.0.0', '255.0.0.0'],
  ['10.1.2.3/32', '10.1.2.3', '255.255.255.255'],
] as const) {
  test(`the subnet of ${address}`, (t) => t.deepEqual(subnetOf(address), { network, mask }));
}

test('a DHCP server is bound to its bridge, knows its guests only and offers no router', (t) => {
  const file = dhcpFile(config, 'bl012345', '/hosts').split('\n');
  t.true(file.includes('interface=bl012345'));
  t.true(file.includes('dhcp-range=10.77.0.0,static,255.255.255.0,12h'));
  t.true(file.includes('dhcp-ignore=tag:!known'));
  t.true(file.includes('dhcp-option=3'));
  t.true(file.includes('dhcp-option=26,1370'));
});

test('a lease binds MAC, address and name', (t) => {
  t.is(hostsFile(config), '52:54:00:12:34:56,10.77.0.10,traveller,12h\n');
});
