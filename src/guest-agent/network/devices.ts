/**
 * The devices of one guest network on this host, as commands of `ip` that make them what they should be.
 *
 *   guest NIC -- tap bt… ------------------+
 *                                          |
 *   gateway bg… == veth == port bp… -- bridge bl… -- VXLAN vx… --(a copy to each peer)-- tunnel -- other hosts
 *
 * The bridge has an address of this host's own, by which it reaches guests wherever they run. The gateway has the same
 * MAC and addresses on every host: a guest that has moved finds it where it left it. What guests send to the network
 * goes in by the gateway and what the host sends to guests goes out by the bridge, so the gateway's addresses bring no
 * route with them.
 */
import { createHash } from 'node:crypto';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { linkLocalOf } from '../filter/ipv6.ts';
import { addressCommands, type Link, spelt, type WantedAddress } from '../links.ts';
import { tunnelInterface } from '../tunnel.ts';
import { gatewayLinkLocal, vxlanPort } from './fixed.ts';
import { bridgeOf, gatewayOf, gatewayPortOf, tapOf, vxlanOf } from './names.ts';
import { subnetOf } from './subnet.ts';

/** Locally administered, and different on each host of the network. */
export function bridgeMac({ name, tunnelAddress }: Pick<NetworkConfig, 'name' | 'tunnelAddress'>): string {
  const digest = createHash('sha256').update(`${name} ${tunnelAddress}`).digest();
  return ['02', ...[...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

/** By which other hosts reach this one when it is their guests' way out; IPv6 has no other address of a host's here. */
export function bridgeAddresses(config: NetworkConfig): WantedAddress[] {
  const inet = { address: config.hostAddress };
  if (config.subnet6 === null) return [inet];
  return [inet, { address: `${linkLocalOf(bridgeMac(config))}/64`, options: ['nodad'] }];
}

const prefixOf = (cidr: string): string => cidr.slice(cidr.indexOf('/'));

/** Duplicates are what these addresses are for, so nothing looks for them. */
export function gatewayAddresses({ gateway, subnet, subnet6 }: NetworkConfig): WantedAddress[] {
  const { address, address6 } = gateway;
  const inet = { address: `${address}${prefixOf(subnet)}`, options: ['noprefixroute'] };
  if (subnet6 === null || address6 === null) return [inet];
  return [
    inet,
    { address: `${address6}${prefixOf(subnet6)}`, options: ['nodad', 'noprefixroute'] },
    { address: `${gatewayLinkLocal}/64`, options: ['nodad'] },
  ];
}

type Links = readonly Link[];
const named = (links: Links, name: string) => links.find(({ ifname }) => ifname === name);

function bridgeCommands(config: NetworkConfig, links: Links): string[] {
  const bridge = bridgeOf(config.name);
  const link = named(links, bridge);
  const make = `link add ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`;
  const alias = `alias "network ${config.name}"`;
  return [
    ...(link === undefined ? [make] : []),
    // What the kernel would make of the MAC is given, and not waited for.
    ...(config.subnet6 === null ? [] : [`link set ${bridge} addrgenmode none`]),
    // A set address keeps the bridge from taking the lowest of its ports', which changes as guests come and go.
    `link set ${bridge} address ${bridgeMac(config)} mtu ${config.mtu} ${alias} up`,
    ...addressCommands(bridge, link, bridgeAddresses(config)),
    ...routesOf(config).map((route) => `route replace ${route}`),
  ];
}

/** IPv6 has no host address on the bridge, so its route is not the kernel's doing. */
export function routesOf({ name, hostAddress, subnet6 }: NetworkConfig): string[] {
  const { network, prefix } = subnetOf(hostAddress);
  const [source] = hostAddress.split('/');
  const inet = `${network}/${prefix} dev ${bridgeOf(name)} proto kernel scope link src ${source}`;
  return subnet6 === null ? [inet] : [inet, `${spelt(subnet6)} dev ${bridgeOf(name)} proto static`];
}

function gatewayCommands(config: NetworkConfig, links: Links): string[] {
  const [end, port] = [gatewayOf(config.name), gatewayPortOf(config.name)];
  const link = named(links, end);
  return [
    ...(link === undefined ? [`link add ${end} type veth peer name ${port}`] : []),
    // The address that the kernel would make of the MAC would be the same on every host, and refused as a duplicate.
    `link set ${end} addrgenmode none`,
    `link set ${port} addrgenmode none`,
    `link set ${end} address ${config.gateway.mac} mtu ${config.mtu} up`,
    ...addressCommands(end, link, gatewayAddresses(config)),
    `link set ${port} mtu ${config.mtu} master ${bridgeOf(config.name)}`,
  ];
}

function vxlanCommands(config: NetworkConfig, links: Links): string[] {
  const vxlan = vxlanOf(config.name);
  const { id, local } = named(links, vxlan)?.linkinfo?.info_data ?? {};
  const isRight = id === config.vni && local === config.tunnelAddress;
  const make = `link add ${vxlan} type vxlan id ${config.vni} local ${config.tunnelAddress}`;
  return [
    // Neither can be changed on a device that is there.
    ...(id !== undefined && !isRight ? [`link delete ${vxlan}`] : []),
    ...(isRight ? [] : [`${make} dstport ${vxlanPort} dev ${tunnelInterface}`]),
    `link set ${vxlan} addrgenmode none`,
    `link set ${vxlan} mtu ${config.mtu} master ${bridgeOf(config.name)}`,
  ];
}

/** Everything but the ports' coming up: that waits until the network is guarded. */
export const deviceCommands = (config: NetworkConfig, links: Links): string[] => [
  ...bridgeCommands(config, links),
  ...gatewayCommands(config, links),
  ...vxlanCommands(config, links),
];

/** Cards of guests here that lost their bridge. A bridge that is made anew has none of the cards that it had. */
export const strayCards = ({ name, cards }: NetworkConfig, links: Links) =>
  cards.filter(({ mac, here }) => {
    const tap = here ? named(links, tapOf(mac)) : undefined;
    return tap !== undefined && tap.master !== bridgeOf(name);
  });

/** Lets frames in: to be asked for once the network is guarded. */
export const portCommands = (config: NetworkConfig, links: Links): string[] => [
  `link set ${gatewayPortOf(config.name)} up`,
  `link set ${vxlanOf(config.name)} up`,
  ...strayCards(config, links).map(({ mac }) => `link set ${tapOf(mac)} master ${bridgeOf(config.name)}`),
];
