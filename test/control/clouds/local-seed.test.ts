import test from 'ava';
import { parse } from 'yaml';
import { makeSeed } from '../../../src/control/clouds/local-seed.ts';

const input = {
  id: '0f6b2a94-77a2-4b7e-9f0e-3c1d7f2f9a10',
  name: 'h1',
  userData: '#cloud-config\nusers: [{name: "ä<&>"}]\n',
  uplinkMac: '02:00:00:00:00:01',
  wanMac: '02:00:00:00:00:02',
  address: '198.18.0.7',
};

const file = (kind: Parameters<typeof makeSeed>[0], name: string): string =>
  makeSeed(kind, input).files[name] ?? '';

test('a config drive has OpenStack’s files', (t) => {
  t.is(makeSeed('config-drive', input).label, 'config-2');
  t.is(file('config-drive', 'openstack/latest/user_data'), input.userData);
  t.like(JSON.parse(file('config-drive', 'openstack/latest/meta_data.json')), {
    uuid: input.id,
    hostname: 'h1',
  });
  const network = JSON.parse(file('config-drive', 'openstack/latest/network_data.json'));
  t.deepEqual(
    network.links.map((link: { ethernet_mac_address: string }) => link.ethernet_mac_address),
    [input.uplinkMac, input.wanMac],
  );
  t.is(network.networks[0].type, 'ipv4_dhcp');
  t.like(network.networks[1], { link: 'wan', ip_address: '198.18.0.7', netmask: '255.254.0.0' });
});

test('an OVF environment carries base64, whatever the user-data is', (t) => {
  const seed = makeSeed('ovf', input);
  t.is(seed.label, 'OVF ENV');
  const properties = Object.fromEntries(
    [...file('ovf', 'ovf-env.xml').matchAll(/oe:key="([^"]*)" oe:value="([^"]*)"/g)].map((found) => [
      found[1],
      found[2] ?? '',
    ]),
  );
  const decode = (key: string) => Buffer.from(properties[key] ?? '', 'base64').toString();
  t.is(properties.hostname, 'h1');
  t.is(properties['instance-id'], input.id);
  t.is(decode('user-data'), input.userData);
  const { network } = parse(decode('network-config'));
  t.is(network.version, 2);
  t.deepEqual(network.ethernets.wan.addresses, ['198.18.0.7/15']);
  t.is(network.ethernets.uplink.match.macaddress, input.uplinkMac);
});

test('NoCloud has its three files', (t) => {
  t.is(makeSeed('nocloud', input).label, 'cidata');
  t.is(file('nocloud', 'user-data'), input.userData);
  t.is(parse(file('nocloud', 'meta-data'))['instance-id'], input.id);
  t.true(parse(file('nocloud', 'network-config')).ethernets.uplink.dhcp4);
});
