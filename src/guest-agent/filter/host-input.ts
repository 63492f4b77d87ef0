/**
 * What reaches the host itself. From guests: DHCP, DNS, metadata and pings at their own gateway, and answers to what the
 * host began; the host's other addresses are not theirs to knock at. From elsewhere: nothing to addresses that are only for
 * guests, and no frames of a guest network except by the tunnel, where peers are known and nobody listens.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { metadataPort } from '../../wire/network.ts';
import { vxlanPort } from '../network/fixed.ts';
import { tunnelInterface } from '../tunnel.ts';
import { plainIpv6 } from './ipv6.ts';
import { type NftPart, nftSet } from './nft-text.ts';
import { shared } from './tracking.ts';

/** RFC 7348, 5: 24 bits of network number follow the UDP header and 4 bytes of flags. */
const vxlanNetwork = '@th,96,24';

/** Neighbours, routers and groups of IPv6 (RFC 4861, 2710, 3810). */
const neighbours = 'icmpv6 type { 130, 131, 132, 133, 135, 136, 143 } accept';
const errors = 'icmpv6 type { 1, 2, 3, 4 } accept';
const pings = ['icmp type echo-request accept', 'icmpv6 type echo-request accept'];

const toGateway = [
  shared,
  'fib daddr . iif type != { local, broadcast, multicast } drop', // another device's address
  'udp dport { 53, 67, 547 } accept',
  `tcp dport { 53, ${metadataPort} } accept`,
  ...pings,
  neighbours,
  errors,
  'drop',
];

const toBridge = [
  'ct state established,related accept', // to whichever address the host began from
  'fib daddr . iif type != { local, broadcast, multicast } drop',
  ...pings,
  neighbours,
  errors,
  'drop',
];

function foreignFrames(configs: readonly NetworkConfig[]): string[] {
  if (configs.length === 0) return [];
  const numbers = [...new Set(configs.map(({ vni }) => vni))].join(', ');
  return [
    `iifname != "${tunnelInterface}" meta l4proto udp udp dport ${vxlanPort} ${vxlanNetwork} { ${numbers} } drop`,
  ];
}

export const hostInput = (configs: readonly NetworkConfig[]): NftPart => ({
  sets: [
    nftSet(
      'own_addresses',
      'type ipv4_addr',
      configs.flatMap(({ gateway, hostAddress }) => [
        gateway.address,
        hostAddress.slice(0, hostAddress.indexOf('/')),
      ]),
    ),
    nftSet(
      'own_addresses6',
      'type ipv6_addr',
      configs.flatMap(({ gateway: { address6 } }) => (address6 === null ? [] : plainIpv6(address6))),
    ),
  ],
  chains: [
    { name: 'to_gateway', rules: toGateway },
    { name: 'to_bridge', rules: toBridge },
    {
      name: 'input',
      hook: 'filter hook input priority filter',
      rules: [
        'iifname @gateways goto to_gateway',
        'iifname @bridges goto to_bridge',
        'iifname @ports drop', // their frames are the bridge's
        'iifname "bt*" drop',
        'iifname "lo" accept',
        'ip daddr @own_addresses drop',
        'ip6 daddr @own_addresses6 drop',
        ...foreignFrames(configs),
      ],
    },
  ],
});
