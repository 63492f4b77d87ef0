/**
 * What reaches a guest. Without a firewall: all that is addressed to it. With one: what answers it, and what its
 * rules name. No connection is tracked: a guest that was migrated here brings connections that this host never saw begin.
 * So what answers is told from what begins by the packet itself, and for UDP, which does not say, by what the guest
 * sent to whom in the last two minutes.
 */
import type { Card, NetworkConfig } from '../../wire/methods/network.ts';
import type { AllowRule } from '../../wire/network.ts';
import { macDigits, shortNameOf, tapOf } from '../network/names.ts';
import { plainIpv6 } from './ipv6.ts';
import { type NftChain, type NftPart, type NftSet, nftMap, nftSet } from './nft-text.ts';

/** As long as Linux's connection tracking remembers a UDP exchange (`nf_conntrack_udp_timeout_stream`). */
const answerTimeout = '2m';
/** Exchanges of UDP that one guest has open at once. Each guest has its own, so that none uses up another's. */
const openExchanges = 16_384;

type GuardedCard = Card & { allow: AllowRule[] };
const isGuarded = (card: Card): card is GuardedCard => card.allow !== null;

/** Let in by every firewall. */
const answers = [
  'ether type arp accept',
  'icmpv6 type { 130, 134, 135, 136 } accept', // who listens?, routers, neighbours: without them there is no IPv6
  'icmp type { echo-reply, destination-unreachable, time-exceeded, parameter-problem } accept',
  'icmpv6 type { 1, 2, 3, 4, 129 } accept', // the same of IPv6 (RFC 4443, 2.1)
  // all of a connection but its first segment acknowledges, save a reset that answers an acknowledgement (RFC 9293, 3.5.2)
  'tcp flags & ack == ack accept',
  'tcp flags & (syn | rst) == rst accept',
  'udp sport 67 udp dport 68 accept', // no guest can send these
  'udp sport 547 udp dport 546 accept',
  // Without its first piece a packet is nothing, and that one is judged. A second piece that begins at byte 8 could
  // write over a judged one's TCP flags (RFC 3128).
  'ip frag-off & 0x1fff > 1 accept',
  'frag frag-off > 1 accept',
];

const portsText = ({ first, last }: { first: number; last: number }): string =>
  first === last ? String(first) : `${first}-${last}`;

const isIpv6 = (cidr: string): boolean => cidr.includes(':');

function protocolText({ protocol, ports, from }: AllowRule): string {
  if (protocol !== 'icmp')
    return ports === undefined ? `meta l4proto ${protocol}` : `${protocol} dport ${portsText(ports)}`;
  if (from === undefined) return 'meta l4proto { icmp, ipv6-icmp }';
  return `meta l4proto ${isIpv6(from) ? 'ipv6-icmp' : 'icmp'}`;
}

function sourceText(cidr: string): string {
  const [address = '', prefix = ''] = cidr.split('/');
  return isIpv6(cidr) ? `ip6 saddr ${plainIpv6(address)}/${prefix}` : `ip saddr ${cidr}`;
}

export const ruleText = (rule: AllowRule): string =>
  [...(rule.from === undefined ? [] : [sourceText(rule.from)]), protocolText(rule), 'accept'].join(' ');

const hostsOf = (network: string): string => `hosts_${shortNameOf(network)}`;

const exchanges = (name: string, address: 'ipv4_addr' | 'ipv6_addr'): NftSet => ({
  kind: 'set',
  name,
  spec: `type ${address} . inet_service . inet_service; size ${openExchanges}; flags dynamic,timeout; timeout ${answerTimeout};`,
  elements: [],
  kept: true,
});

function guardOf(network: string, { mac, allow }: GuardedCard): NftPart {
  const digits = macDigits(mac);
  const chains: NftChain[] = [
    {
      name: `to_${digits}`,
      rules: [
        'jump answers',
        `ip saddr @${hostsOf(network)} accept`, // what the user published or forwards
        `ip saddr . udp sport . udp dport @udp_${digits} accept`,
        `ip6 saddr . udp sport . udp dport @udp6_${digits} accept`,
        ...allow.map(ruleText),
        'drop',
      ],
    },
    {
      name: `sent_${digits}`,
      rules: [
        `update @udp_${digits} { ip daddr . udp dport . udp sport }`,
        `update @udp6_${digits} { ip6 daddr . udp dport . udp sport }`,
      ],
    },
  ];
  return {
    sets: [exchanges(`udp_${digits}`, 'ipv4_addr'), exchanges(`udp6_${digits}`, 'ipv6_addr')],
    chains,
  };
}

const toGuest = [
  // what a bridge floods is not for everyone to read
  'ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 oifname . ether daddr != @cards drop',
  // the host's own card on the network never speaks for the gateway, whose MAC is another
  'arp saddr ip @gateway_addresses ether saddr != @gateway_macs drop',
  'oifname vmap @guests',
  'drop',
];

/** @param guests each card on this host once, with its network. */
export function toGuests(guests: readonly { config: NetworkConfig; card: Card }[]): NftPart {
  const guarded = guests.flatMap(({ config, card }) => (isGuarded(card) ? [{ config, card }] : []));
  const guards = guarded.map(({ config, card }) => guardOf(config.name, card));
  const networks = new Map(guarded.map(({ config }) => [config.name, config]));
  return {
    sets: [
      nftMap(
        'guests',
        'type ifname : verdict',
        guests.map(({ card }) => [
          `"${tapOf(card.mac)}"`,
          isGuarded(card) ? `goto to_${macDigits(card.mac)}` : 'accept',
        ]),
      ),
      ...[...networks.values()].map(({ name, hostAddresses }) =>
        nftSet(hostsOf(name), 'type ipv4_addr', hostAddresses),
      ),
      ...guards.flatMap(({ sets }) => sets),
    ],
    chains: [
      { name: 'to_guest', rules: toGuest },
      { name: 'answers', rules: answers },
      ...guards.flatMap(({ chains }) => chains),
    ],
  };
}
