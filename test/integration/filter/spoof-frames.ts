/** Frames of one guest's card: what it may send, and what it may not. Each has its own name for a mark. */
import { networkOf } from '../../guest-agent/filter/networks.ts';
import {
  arp,
  ethernet,
  everyone,
  fragment6,
  ipv4,
  ipv6,
  mark,
  nd,
  options6,
  routerAdvert,
  udp,
} from './frames.ts';
import { macs } from './stage-links.ts';

const { one, two, far } = macs;
export const own = '10.77.0.10';
export const other = '10.77.0.11';
const own6 = 'fd77::a';
const other6 = 'fd77::b';
const ownLink = 'fe80::ff:fe00:a';
const allNodes = 'ff02::1';

export const v4 = (name: string, from: string, options = '') =>
  ipv4(from, other, 17, udp(5000, 5000, mark(name)), 0, options);
const v6 = (name: string, from: string) => ipv6(from, other6, 17, udp(5000, 5000, mark(name)));
const tagged = (name: string) => `00050800${v4(name, own)}`;
export const asArp = (name: string, changes: Partial<Parameters<typeof arp>[1]>) =>
  arp(name, { from: one, sender: one, address: own, target: other, ...changes });
export const end = asArp('end', { target: '10.77.0.99' });

export const honest = {
  arp: asArp('arp', {}),
  'arp answer': asArp('arp answer', { operation: 2, to: two }),
  'arp announcement': asArp('arp announcement', { target: own }),
  'arp probe': asArp('arp probe', { address: '0.0.0.0', target: own }),
  ipv4: ethernet(two, one, 0x0800, v4('ipv4', own)),
  'ipv4 fragment': ethernet(two, one, 0x0800, ipv4(own, other, 17, mark('ipv4 fragment'), 0x0004)),
  multicast: ethernet(
    '01:00:5e:00:00:fb',
    one,
    0x0800,
    ipv4(own, '224.0.0.251', 17, udp(5353, 5353, mark('multicast'))),
  ),
  ipv6: ethernet(two, one, 0x86dd, v6('ipv6', own6)),
  'ipv6 link-local': ethernet(two, one, 0x86dd, v6('ipv6 link-local', ownLink)),
  'ipv6 with options': ethernet(
    two,
    one,
    0x86dd,
    ipv6(own6, other6, 60, `${options6(17)}${udp(5000, 5000, mark('ipv6 with options'))}`),
  ),
  'ipv6 fragment': ethernet(
    two,
    one,
    0x86dd,
    ipv6(own6, other6, 44, `${fragment6(17, 4, true)}${mark('ipv6 fragment')}`),
  ),
  solicitation: ethernet(two, one, 0x86dd, ipv6(own6, other6, 58, nd('solicitation', 135, other6))),
  advertisement: ethernet(two, one, 0x86dd, ipv6(own6, other6, 58, nd('advertisement', 136, own6))),
  'advertisement of link-local': ethernet(
    two,
    one,
    0x86dd,
    ipv6(ownLink, other6, 58, nd('advertisement of link-local', 136, ownLink)),
  ),
  'address detection': ethernet(
    everyone,
    one,
    0x86dd,
    ipv6('::', allNodes, 58, nd('address detection', 135, own6)),
  ),
  'self-announcement': ethernet(
    everyone,
    one,
    0x8035,
    `0001080006040003${one.replaceAll(':', '')}00000000${one.replaceAll(':', '')}00000000${mark('self-announcement')}`,
  ),
};

export const hostile = {
  'mac of another': ethernet(two, far, 0x0800, v4('mac of another', own)),
  'mac of the gateway': ethernet(two, networkOf().gateway.mac, 0x0800, v4('mac of the gateway', own)),
  'ipv4 of another': ethernet(two, one, 0x0800, v4('ipv4 of another', other)),
  'ipv4 of the gateway': ethernet(two, one, 0x0800, v4('ipv4 of the gateway', '10.77.0.1')),
  'ipv4 of nobody': ethernet(two, one, 0x0800, v4('ipv4 of nobody', '0.0.0.0')),
  'source route': ethernet(two, one, 0x0800, v4('source route', own, '8307040000000000')),
  'arp for another': asArp('arp for another', { address: other, operation: 2 }),
  'arp for the gateway': asArp('arp for the gateway', { address: '10.77.0.1', operation: 2, to: two }),
  'arp with the mac of another': asArp('arp with the mac of another', { sender: far }),
  'arp probe of another': asArp('arp probe of another', { address: '0.0.0.0' }),
  'arp probe of the gateway': asArp('arp probe of the gateway', { address: '0.0.0.0', target: '10.77.0.1' }),
  'arp answer of nobody': asArp('arp answer of nobody', { address: '0.0.0.0', operation: 2 }),
  'dhcp answer': ethernet(two, one, 0x0800, ipv4(own, other, 17, udp(67, 68, mark('dhcp answer')))),
  'dhcp answer of another port': ethernet(
    two,
    one,
    0x0800,
    ipv4(own, other, 17, udp(99, 68, mark('dhcp answer of another port'))),
  ),
  'dhcpv6 answer': ethernet(
    two,
    one,
    0x86dd,
    ipv6(ownLink, other6, 17, udp(547, 546, mark('dhcpv6 answer'))),
  ),
  'ipv6 of another': ethernet(two, one, 0x86dd, v6('ipv6 of another', other6)),
  'ipv6 of the gateway': ethernet(two, one, 0x86dd, v6('ipv6 of the gateway', 'fe80::1')),
  'advertisement of another': ethernet(
    two,
    one,
    0x86dd,
    ipv6(own6, allNodes, 58, nd('advertisement of another', 136, 'fd77::c')),
  ),
  'advertisement of the gateway': ethernet(
    two,
    one,
    0x86dd,
    ipv6(own6, allNodes, 58, nd('advertisement of the gateway', 136, 'fe80::1')),
  ),
  'address detection of another': ethernet(
    everyone,
    one,
    0x86dd,
    ipv6('::', allNodes, 58, nd('address detection of another', 135, other6)),
  ),
  'router advertisement': ethernet(
    two,
    one,
    0x86dd,
    ipv6(ownLink, allNodes, 58, routerAdvert('router advertisement')),
  ),
  'router advertisement behind options': ethernet(
    two,
    one,
    0x86dd,
    ipv6(
      ownLink,
      allNodes,
      60,
      `${options6(60)}${options6(58)}${routerAdvert('router advertisement behind options')}`,
    ),
  ),
  'router advertisement in a fragment': ethernet(
    two,
    one,
    0x86dd,
    ipv6(
      ownLink,
      allNodes,
      44,
      `${fragment6(58, 0, false)}${routerAdvert('router advertisement in a fragment')}`,
    ),
  ),
  'options without an end': ethernet(
    two,
    one,
    0x86dd,
    ipv6(ownLink, allNodes, 44, `${fragment6(60, 0, true)}3aff0104${mark('options without an end')}`),
  ),
  'redirect of the way': ethernet(
    two,
    one,
    0x86dd,
    ipv6(ownLink, other6, 58, nd('redirect of the way', 137, own6)),
  ),
  'vlan tag': ethernet(two, one, 0x8100, tagged('vlan tag')),
  'vlan tag zero': ethernet(two, one, 0x8100, `00000800${v4('vlan tag zero', own)}`),
  'double tag': ethernet(two, one, 0x88a8, `00078100${tagged('double tag')}`),
  mpls: ethernet(two, one, 0x8847, `00001140${v4('mpls', own)}`),
  pppoe: ethernet(two, one, 0x8863, `11090000000c${mark('pppoe')}`),
  'spanning tree': ethernet('01:80:c2:00:00:00', one, 0x0026, `424203${mark('spanning tree')}`),
};
