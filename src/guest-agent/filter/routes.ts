/**
 * What a host routes for guests. They come by the gateway (bg…), and what goes to them leaves by the bridge (bl…):
 *
 *   bg… of A -> bl… of A or of a network connected with A: yes
 *   bg… of A -> uplink: yes, with the host's address, when A has a way out here; never to a cloud's metadata service, whose
 *               answers are the host's credentials
 *   bg… of A -> bl… of A, for the world: when A's way out is another host, the same but for the host's address
 *   bl… of A -> uplink: A's guests elsewhere, when this host is A's way out: as if they came by bg…
 *   anywhere -> bl…: answers, and what came to a published port, from bg… of A when A has a way out
 *   bl…      -> anywhere: otherwise answers only
 *   tunnel   -> tunnel: yes, this host relays; anything else into the tunnel or out of it: no
 *   the rest          : what the host did not forward before it did so for guests, it does not forward now
 *
 * Between connected networks either way may lead over other hosts, so no host sees both, and none tracks them.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { spelt } from '../links.ts';
import { devicesOf } from '../network/names.ts';
import { isEgress, leavesHere } from '../network/way-out.ts';
import { tunnelInterface } from '../tunnel.ts';
import { type NftPart, type NftSet, nftSet } from './nft-text.ts';
import { shared } from './tracking.ts';

/**
 * Where clouds keep their metadata services: link-local everywhere (RFC 3927); Azure's wire server and Alibaba's stand
 * outside it. IPv6: AWS (fd00:ec2::254), Google (fd20:ce::254), Oracle (fd00:c1::a9fe:a9fe).
 */
const forbidden = ['169.254.0.0/16', '168.63.129.16', '100.100.100.200'];
const forbidden6 = ['fe80::/10', 'fd00:ec2::/32', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe'];

export type Protocol = 'ipv4' | 'ipv6';

const forwarding: Record<Protocol, string> = {
  ipv4: 'net/ipv4/ip_forward',
  ipv6: 'net/ipv6/conf/all/forwarding',
};

/** @param before settings below /proc/sys as they were before the first of them was changed for guests. */
export const unforwarded = (before: Readonly<Record<string, string>>): Protocol[] =>
  (['ipv4', 'ipv6'] as const).filter((protocol) => before[forwarding[protocol]] === '0');

/** All devices that are there for guests. */
const ours = ['@bridges', '@gateways', '@ports', '"bt*"'];

function ways(configs: readonly NetworkConfig[]): string[] {
  const here = new Set(configs.map(({ name }) => name));
  return configs.flatMap(({ name, connected }) => {
    const { bridge, gateway } = devicesOf(name);
    const others = connected.filter((other) => here.has(other)).map((other) => devicesOf(other).bridge);
    return [
      `"${bridge}" . "${bridge}"`, // bridged, on hosts where bridged packets pass here too (br_netfilter)
      ...others.map((to) => `"${gateway}" . "${to}"`),
    ];
  });
}

const relaying = [
  `iifname "${tunnelInterface}" oifname "${tunnelInterface}" accept`,
  `iifname "${tunnelInterface}" drop`,
  `oifname "${tunnelInterface}" drop`,
];

const forward = [
  'iifname . oifname @ways accept',
  ...relaying,
  'oifname @bridges ct status dnat accept',
  'iifname . oifname @turns goto turn',
  'iifname @gateways goto outwards',
  'iifname @bridges ct state established,related accept',
  'iifname . ip saddr @exits goto outwards',
  'iifname . ip6 saddr @exits6 goto outwards',
  'oifname @bridges ct state established,related accept',
  ...ours.flatMap((device) => [`iifname ${device} drop`, `oifname ${device} drop`]),
];

const toForbidden = [
  `ip daddr { ${forbidden.join(', ')} } drop`,
  `ip6 daddr { ${forbidden6.join(', ')} } drop`,
];

const outwards = [
  ...ours.map((device) => `oifname ${device} drop`),
  ...toForbidden,
  'ct state != { new, established, related } drop', // nothing would give it the host's address
  shared,
  'iifname @outside accept',
  'drop',
];

/** Bridges that frames came by, each beside itself: a rule cannot ask whether two devices are one. */
const bridged: NftSet = {
  ...{ kind: 'set', name: 'bridged', elements: [], kept: true },
  spec: 'type ifname . ifname; size 1024; flags dynamic,timeout; timeout 1h;',
};

/** What the owner's own bridges carry is not routed, though it passes here too where br_netfilter is loaded. */
const closing = (closed: readonly Protocol[]): string[] => [
  'meta iifkind "bridge" meta oifkind "bridge" update @bridged { iifname . iifname }',
  'iifname . oifname @bridged accept',
  ...closed.map((protocol) => `meta nfproto ${protocol} drop`),
];

const forwardHook = 'filter hook forward priority filter';

/** All of a host that has a tunnel and no networks. */
export const relays: NftPart = {
  sets: [],
  chains: [{ name: 'forward', hook: forwardHook, rules: relaying }],
};

/**
 * Back to the network that it came from: for one of its guests, or for the egress host, which sees both directions and counts,
 * so nothing of that is remembered here. While that way is no more wanted but still a route nothing takes it: what this host
 * remembered then it would let out by its own uplink later, without its address.
 */
const turn = [
  'iifname . ip daddr @near accept',
  'iifname . ip6 daddr @near6 accept',
  'iifname != @detoured drop',
  ...toForbidden,
  'ip daddr @inner drop', // other networks of guests, and hosts in the tunnel
  'ip6 daddr @inner6 drop',
  'accept',
];

/** Subnets by the device that their packets are seen on. */
const subnetSets = (
  name: string,
  configs: readonly NetworkConfig[],
  device: 'bridge' | 'gateway',
): NftPart['sets'] => [
  nftSet(
    name,
    'type ifname . ipv4_addr; flags interval;',
    configs.map((config) => `"${devicesOf(config.name)[device]}" . ${config.subnet}`),
  ),
  nftSet(
    `${name}6`,
    'type ifname . ipv6_addr; flags interval;',
    configs.flatMap(({ name: network, subnet6 }) =>
      subnet6 === null ? [] : [`"${devicesOf(network)[device]}" . ${spelt(subnet6)}`],
    ),
  ),
];

const innerSets = (configs: readonly NetworkConfig[]): NftPart['sets'] => [
  nftSet(
    'inner',
    'type ipv4_addr; flags interval; auto-merge;',
    configs.flatMap(({ subnet, peers, tunnelAddress }) => [subnet, tunnelAddress, ...peers]),
  ),
  nftSet(
    'inner6',
    'type ipv6_addr; flags interval; auto-merge;',
    configs.flatMap(({ subnet6 }) => (subnet6 === null ? [] : spelt(subnet6))),
  ),
];

function waySets(configs: readonly NetworkConfig[]): NftPart['sets'] {
  const exits = configs.filter(isEgress);
  return [
    nftSet('ways', 'type ifname . ifname', ways(configs)),
    nftSet('outside', 'type ifname', [
      ...configs.filter(leavesHere).map(({ name }) => `"${devicesOf(name).gateway}"`),
      ...exits.map(({ name }) => `"${devicesOf(name).bridge}"`),
    ]),
    nftSet(
      'turns',
      'type ifname . ifname',
      configs.map(({ name }) => `"${devicesOf(name).gateway}" . "${devicesOf(name).bridge}"`),
    ),
    ...subnetSets('exits', exits, 'bridge'),
    ...subnetSets('near', configs, 'gateway'),
    ...innerSets(configs),
  ];
}

/** @param closed what the host forwards for guests and relays only. */
export const routes = (configs: readonly NetworkConfig[], closed: readonly Protocol[]): NftPart => ({
  sets: [...waySets(configs), bridged],
  chains: [
    { name: 'outwards', rules: outwards },
    { name: 'turn', rules: turn },
    {
      name: 'forward',
      hook: forwardHook,
      rules: [...forward, ...(closed.length > 0 ? closing(closed) : [])],
    },
    {
      name: 'postrouting',
      hook: 'nat hook postrouting priority srcnat',
      rules: [
        // from this host's own address on the network, so that answers come back here wherever the guest is
        'oifname @bridges ct status dnat masquerade',
        'iifname @outside oifname != @bridges masquerade',
      ],
    },
  ],
});
