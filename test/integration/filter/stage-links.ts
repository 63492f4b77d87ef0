/** The devices of the stage, as lines for `ip -batch`. */
import { devicesOf, tapOf } from '../../../src/guest-agent/network/names.ts';
import type { NetworkConfig } from '../../../src/wire/methods/network.ts';
import { cardOf, greenOf, networkOf } from '../../guest-agent/filter/networks.ts';

export const macs = {
  one: cardOf(10).mac,
  two: cardOf(11).mac,
  far: cardOf(12).mac,
  three: cardOf(20).mac,
  host: '02:00:00:00:77:01',
};
export const outsideAddress = '198.51.100.2';
export const hostUplink = '198.51.100.1';

export const places = ['host', 'outside', 'peer', 'one', 'two', 'far', 'three'] as const;
export type Place = (typeof places)[number];

const bridgeLines = (config: NetworkConfig, mac: string): string[] => {
  const { bridge, gateway, gatewayPort } = devicesOf(config.name);
  return [
    `link add ${bridge} address ${mac} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${bridge} up`,
    `addr add ${config.hostAddress} dev ${bridge}`,
    `route add ${config.subnet6} dev ${bridge}`,
    `link add ${gateway} address ${config.gateway.mac} type veth peer name ${gatewayPort}`,
    `link set ${gatewayPort} master ${bridge} up`,
    `link set ${gateway} up`,
    `addr add ${config.gateway.address}/24 dev ${gateway} noprefixroute`,
    `addr add ${config.gateway.address6}/64 dev ${gateway} noprefixroute nodad`,
    `addr add fe80::1/64 dev ${gateway} nodad`,
  ];
};

/** A guest's card: one end of a pair on the host, the other in a namespace. */
const cardLines = (port: string, bridge: string, namespace: string): string[] => [
  `link add ${port} type veth peer name eth0 netns ${namespace}`,
  `link set ${port} master ${bridge} up`,
];

export const guestLines = (mac: string, address: string, address6: string): string[] => [
  `link set eth0 address ${mac} up`,
  `addr replace ${address}/24 dev eth0`,
  `addr replace ${address6}/64 dev eth0 nodad`,
  `route replace default via ${address.replace(/\d+$/, '1')}`,
  `route replace default via ${address6.replace(/[^:]+$/, '1')}`,
];

/** The host's come first: they make the others' cards. */
export function lineup(namespace: (place: Place) => string): Record<Place, string[]> {
  const [blue, green] = [devicesOf('blue'), devicesOf('green')];
  return {
    host: [
      ...bridgeLines(networkOf(), macs.host),
      ...bridgeLines(greenOf(), '02:00:00:00:88:01'),
      ...cardLines(tapOf(macs.one), blue.bridge, namespace('one')),
      ...cardLines(tapOf(macs.two), blue.bridge, namespace('two')),
      ...cardLines(blue.vxlan, blue.bridge, namespace('far')),
      ...cardLines(tapOf(macs.three), green.bridge, namespace('three')),
      `link add uplink type veth peer name eth0 netns ${namespace('outside')}`,
      'link set uplink up',
      `addr add ${hostUplink}/24 dev uplink`,
      `route add default via ${outsideAddress}`,
      'addr add 2001:db8::1/64 dev uplink nodad',
      'route add default via 2001:db8::2',
      `link add blanket0 type veth peer name eth0 netns ${namespace('peer')}`,
      'link set blanket0 up',
      'addr add 10.254.0.1/24 dev blanket0',
    ],
    one: guestLines(macs.one, '10.77.0.10', 'fd77::a'),
    two: guestLines(macs.two, '10.77.0.11', 'fd77::b'),
    far: guestLines(macs.far, '10.77.0.12', 'fd77::c'),
    three: guestLines(macs.three, '10.88.0.20', 'fd88::14'),
    outside: [
      'link set eth0 up',
      ...[`${outsideAddress}/24`, ...forbidden, '203.0.113.1/32'].map(
        (address) => `addr add ${address} dev eth0`,
      ),
      ...['2001:db8::2/64', 'fd00:ec2::254/128'].map((address) => `addr add ${address} dev eth0 nodad`),
      ...['10.77.0.0/24', '10.88.0.0/24'].map((subnet) => `route add ${subnet} via ${hostUplink}`),
    ],
    peer: [
      'link set eth0 up',
      'addr add 10.254.0.2/24 dev eth0',
      'addr add 10.254.0.3/24 dev eth0',
      'route add default via 10.254.0.1',
    ],
  };
}

/** Where the outside plays a cloud's metadata service. */
const forbidden = ['169.254.169.254/32', '169.254.7.7/32', '168.63.129.16/32'];
