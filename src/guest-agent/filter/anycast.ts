/**
 * The gateway's MAC and addresses are the same on every host, so they must stay on each: a frame from it or to it that
 * crossed the tunnel would move the gateway to another host in some bridge's eyes. DHCP and router advertisements
 * are answered on each host for its own guests.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { gatewayLinkLocal } from '../network/fixed.ts';
import { devicesOf } from '../network/names.ts';
import { hexOfIpv6 } from './ipv6.ts';
import { type NftPart, nftSet } from './nft-text.ts';
import { ndTarget, rarp } from './spoof.ts';

export const anycast = (configs: readonly NetworkConfig[]): NftPart => ({
  sets: [
    nftSet(
      'tunnels',
      'type ifname',
      configs.map(({ name }) => `"${devicesOf(name).vxlan}"`),
    ),
    nftSet(
      'gateway_macs',
      'type ether_addr',
      configs.map(({ gateway }) => gateway.mac),
    ),
    nftSet(
      'gateway_addresses',
      'type ipv4_addr',
      configs.map(({ gateway }) => gateway.address),
    ),
    nftSet(
      'gateway_targets',
      `typeof iifname . ${ndTarget}`,
      configs.flatMap(({ name, gateway }) =>
        [gatewayLinkLocal, ...(gateway.address6 === null ? [] : [gateway.address6])].map(
          (address) => `"${devicesOf(name).vxlan}" . ${hexOfIpv6(address)}`,
        ),
      ),
    ),
  ],
  chains: [
    {
      name: 'tunnel',
      rules: [
        'ether saddr @gateway_macs drop',
        'ether daddr @gateway_macs drop',
        'ether type vmap { arp : goto tunnel_arp, ip : goto tunnel_ip, ip6 : goto tunnel_ip6 }',
        `ether type ${rarp} accept`,
        'drop',
      ],
    },
    {
      name: 'tunnel_arp',
      rules: ['arp saddr ip @gateway_addresses drop', 'arp daddr ip @gateway_addresses drop', 'accept'],
    },
    { name: 'tunnel_ip', rules: ['udp dport { 67, 68 } drop', 'accept'] },
    {
      name: 'tunnel_ip6',
      rules: [
        'udp dport { 546, 547 } drop',
        'icmpv6 type { nd-router-solicit, nd-router-advert } drop',
        ...['iifname', 'oifname'].map(
          (device) =>
            `icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ${device} . ${ndTarget} @gateway_targets drop`,
        ),
        'accept',
      ],
    },
  ],
});
