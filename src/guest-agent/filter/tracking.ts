/**
 * Which packets the host's connection tracking sees. Its table is one for the whole host, its owner's connections
 * included, and when it is full nobody gets a new one. So what needs no memory is given none, and each guest has its share of
 * the rest: ways out, and what it asks its gateway.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { vxlanPort } from '../network/fixed.ts';
import { bridgeOf, gatewayOf } from '../network/names.ts';
import { detourOf } from '../network/way-out.ts';
import { tunnelInterface } from '../tunnel.ts';
import { type NftPart, type NftSet, nftSet } from './nft-text.ts';

/** Connections of one address of a guest. A host of 2 GiB remembers 65,536 (nf_conntrack_init_start). */
const share = 4096;

const connections = (name: string, address: 'ipv4_addr' | 'ipv6_addr'): NftSet => ({
  ...{ kind: 'set', name, spec: `type ${address}; size 65535; flags dynamic;`, elements: [], kept: true },
});

/** The chain that refuses a guest more than its share. */
export const shared = 'jump shared';

/** Each host sends it from many ports, and no rule asks for its answers. */
const vxlan = `udp dport ${vxlanPort} notrack`;

export const tracking = (configs: readonly NetworkConfig[]): NftPart => ({
  sets: [
    connections('connections', 'ipv4_addr'),
    connections('connections6', 'ipv6_addr'),
    // the same devices as `bridges`, of the type that nft gives to what it looks up
    nftSet(
      'to_guests',
      'typeof fib daddr oifname',
      configs.map(({ name }) => `"${bridgeOf(name)}"`),
    ),
    nftSet(
      'gateway_macs',
      'type ether_addr',
      configs.map(({ gateway }) => gateway.mac),
    ),
    nftSet(
      'detoured',
      'type ifname',
      configs.filter((config) => detourOf(config) !== undefined).map(({ name }) => `"${gatewayOf(name)}"`),
    ),
  ],
  chains: [
    {
      name: 'shared',
      rules: [
        `ct state new add @connections { ip saddr ct count over ${share} } drop`,
        `ct state new add @connections6 { ip6 saddr ct count over ${share} } drop`,
      ],
    },
    {
      name: 'passing',
      rules: [
        // guests elsewhere that leave by this host
        'iifname @outside fib daddr type unicast fib daddr oifname != @to_guests return',
        'notrack', // what is bridged from guest to guest passes here too
      ],
    },
    {
      name: 'untracked',
      hook: 'filter hook prerouting priority raw',
      rules: [
        // With br_netfilter a frame to the gateway passes here twice, on the bridge and as the gateway's. NAT is decided once
        // for a connection, so the first time must not begin one.
        'iifname @bridges ether daddr @gateway_macs notrack',
        'iifname @bridges fib daddr type != local jump passing',
        'iifname @gateways fib daddr oifname @to_guests notrack', // from guest to guest by routes
        // to the world by another host, whose tracking sees both directions; metadata ends here
        'iifname @detoured ip daddr != 169.254.169.254 fib daddr type != local notrack',
        'iifname @detoured meta nfproto ipv6 fib daddr type != local notrack',
        `iifname "${tunnelInterface}" ${vxlan}`,
      ],
    },
    {
      name: 'untracked_out',
      hook: 'filter hook output priority raw',
      rules: [`oifname "${tunnelInterface}" ${vxlan}`],
    },
  ],
});
