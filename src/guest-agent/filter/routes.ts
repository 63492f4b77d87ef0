/**
 * What a host routes for guests. They come by the gateway (bg…), and what goes to them leaves by the bridge (bl…):
 *
 *   bg… of A -> bl… of A or of a network connected with A: yes
 *   bg… of A -> uplink: yes, with the host's address, when A has a way out; never to a cloud's metadata service, whose
 *               answers are the host's credentials
 *   anywhere -> bl…: answers, and what came to a published port, from bg… of A when A has a way out
 *   bl…      -> anywhere: answers only
 *   tunnel   -> tunnel: yes, this host relays; anything else into the tunnel or out of it: no
 *   the rest          : what the host did not forward before it did so for guests, it does not forward now
 *
 * Between connected networks either way may lead over other hosts, so no host sees both, and none tracks them.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { devicesOf } from '../network/names.ts';
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
      ...[bridge, ...others].map((to) => `"${gateway}" . "${to}"`),
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
  'iifname @gateways goto outwards',
  'iifname @bridges ct state established,related accept',
  'oifname @bridges ct state established,related accept',
  ...ours.flatMap((device) => [`iifname ${device} drop`, `oifname ${device} drop`]),
];

const outwards = [
  ...ours.map((device) => `oifname ${device} drop`),
  `ip daddr { ${forbidden.join(', ')} } drop`,
  `ip6 daddr { ${forbidden6.join(', ')} } drop`,
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

/** @param closed what the host forwards for guests and relays only. */
export const routes = (configs: readonly NetworkConfig[], closed: readonly Protocol[]): NftPart => ({
  sets: [
    nftSet('ways', 'type ifname . ifname', ways(configs)),
    bridged,
    nftSet(
      'outside',
      'type ifname',
      configs.filter(({ outside }) => outside).map(({ name }) => `"${devicesOf(name).gateway}"`),
    ),
  ],
  chains: [
    { name: 'outwards', rules: outwards },
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
        'iifname @gateways oifname != @bridges masquerade',
      ],
    },
  ],
});
