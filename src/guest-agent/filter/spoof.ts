/**
 * What a guest may send, judged at its own tap before the bridge learns anything of it:
 *
 *   frame -- from its MAC? -- ARP / IPv4 / IPv6 / RARP? -- from its address? -- not a router's, not a DHCP server's -- bridge
 *                 no                   no                        no                          no
 *                  `--------------------`-------------------------`-----------> dropped
 *
 * Tagged frames (802.1Q, 802.1ad) are of another type than those four, so they go too.
 */
import type { Card } from '../../wire/methods/network.ts';
import { macDigits, tapOf } from '../network/names.ts';
import { hexOfIpv6, linkLocalOf, plainIpv6 } from './ipv6.ts';
import { type NftPart, nftMap, nftSet } from './nft-text.ts';

/** The target of a neighbour solicitation or advertisement (RFC 4861, 4.3); nft has no name for it before 1.1. */
export const ndTarget = '@th,64,128';

/** Frames to 01:80:c2:00:00:0x are not bridged: the kernel gives them to the tap itself (IEEE 802.1D, 7.12.6). */
export const toBridgeItself = 'ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00';

/** Reverse ARP's type: QEMU announces a guest that has come with it, and the hosts' forwarding learns from that. */
export const rarp = '0x8035';

const addresses6Of = ({ mac, address6 }: Card): string[] => [
  linkLocalOf(mac),
  ...(address6 === null ? [] : [plainIpv6(address6)]),
];

function cardSets(cards: readonly Card[]): NftPart['sets'] {
  const pairs = (valuesOf: (card: Card) => readonly string[]) =>
    cards.flatMap((card) => valuesOf(card).map((value) => `"${tapOf(card.mac)}" . ${value}`));
  return [
    nftSet(
      'cards',
      'type ifname . ether_addr',
      pairs(({ mac }) => [mac]),
    ),
    nftSet(
      'addresses',
      'type ifname . ipv4_addr',
      pairs(({ address }) => [address]),
    ),
    nftSet('addresses6', 'type ifname . ipv6_addr', pairs(addresses6Of)),
    nftSet(
      'nd_targets',
      `typeof iifname . ${ndTarget}`,
      pairs((card) => addresses6Of(card).map(hexOfIpv6)),
    ),
    nftMap(
      'guarded',
      'type ifname : verdict',
      cards
        .filter(({ allow }) => allow !== null)
        .map(({ mac }) => [`"${tapOf(mac)}"`, `jump sent_${macDigits(mac)}`]),
    ),
  ];
}

const arpRules = [
  'arp htype != 1 drop',
  'arp ptype != ip drop',
  'arp hlen != 6 drop',
  'arp plen != 4 drop',
  'iifname . arp saddr ether != @cards drop',
  // is this address free? Asking for another's would keep that one from taking it (RFC 5227, 2.1.1)
  'arp operation request arp saddr ip 0.0.0.0 iifname . arp daddr ip @addresses accept',
  'arp operation != { request, reply } drop',
  'iifname . arp saddr ip != @addresses drop',
  'accept',
];

const ipRules = [
  'ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept',
  'iifname . ip saddr != @addresses drop',
  'udp dport 68 drop', // who answers DHCP is the host
  'udp sport 67 drop',
  'ip option lsrr exists drop', // a way of the sender's choosing
  'ip option ssrr exists drop',
  'meta l4proto udp iifname vmap @guarded',
  // no protocol is found in a header that says it is longer than its packet
  'meta l4proto != 255 accept',
  'drop',
];

const ip6Rules = [
  'ip6 saddr :: icmpv6 type { 131, 132, 133, 143 } accept', // group reports, and who is a router here?
  // the same question in IPv6 (RFC 4862, 5.4.3)
  `ip6 saddr :: icmpv6 type nd-neighbor-solicit iifname . ${ndTarget} @nd_targets accept`,
  'iifname . ip6 saddr != @addresses6 drop',
  'exthdr frag exists meta l4proto ipv6-icmp drop', // or an advertisement could hide in pieces (RFC 6980)
  'exthdr rt exists drop', // a way of the sender's choosing
  'icmpv6 type { nd-router-advert, nd-redirect, router-renumbering } drop',
  `icmpv6 type nd-neighbor-advert iifname . ${ndTarget} != @nd_targets drop`,
  'udp dport 546 drop', // who answers DHCP is the host
  'udp sport 547 drop',
  'meta l4proto udp iifname vmap @guarded',
  // headers that do not end within the packet could hide anything from those above (RFC 7113)
  'meta l4proto != 255 accept',
  'drop',
];

/** @param cards those on this host. */
export const fromGuests = (cards: readonly Card[]): NftPart => ({
  sets: cardSets(cards),
  chains: [
    {
      name: 'from_guest',
      rules: [
        `${toBridgeItself} drop`,
        'iifname . ether saddr != @cards drop', // a tap without a card has none of its own
        'ether type vmap { arp : goto guest_arp, ip : goto guest_ip, ip6 : goto guest_ip6 }',
        `ether type ${rarp} ether daddr ff:ff:ff:ff:ff:ff accept`,
        'drop',
      ],
    },
    { name: 'guest_arp', rules: arpRules },
    { name: 'guest_ip', rules: ipRules },
    { name: 'guest_ip6', rules: ip6Rules },
    // prerouting sees none of these
    {
      name: 'input',
      hook: 'filter hook input priority -200',
      rules: [`iifname "bt*" ${toBridgeItself} drop`],
    },
  ],
});
