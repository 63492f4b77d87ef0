/**
 * A fleet that is not there: hosts of ten guests each on one guest network, as control would tell an agent of it.
 * Everything follows from counting, so that each run measures the same bytes.
 */
import type { AgentParams } from '../../../src/wire/agent.ts';
import type { Card, NetworkConfig } from '../../../src/wire/methods/network.ts';

export const guestsPerHost = 10;

export type Fleet = { hosts: number; guests: number };
export const fleetOf = (hosts: number): Fleet => ({ hosts, guests: hosts * guestsPerHost });

const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
const address = (a: number, b: number, rest: number): string => dotted(((a << 24) | (b << 16)) + rest);

/** Of a host, by its number from 0. The tunnels' own /24 ends long before a thousand hosts. */
export const tunnelAddress = (host: number): string => address(10, 254, host + 1);
const hostAddress = (host: number): string => address(10, 77, 0xff_fe - host);
export const guestAddress = (guest: number): string => address(10, 77, guest + 10);
export const guestName = (guest: number): string => `guest-${guest}`;

const hex = (value: number): string => value.toString(16).padStart(2, '0');
/** In the range of QEMU and KVM, 52:54:00. */
export const guestMac = (guest: number): string =>
  ['52:54:00', hex((guest >> 16) & 255), hex((guest >> 8) & 255), hex(guest & 255)].join(':');

export const homeOf = (guest: number): number => Math.floor(guest / guestsPerHost);

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function cardOf(guest: number): Card {
  return {
    mac: guestMac(guest),
    name: guestName(guest),
    address: guestAddress(guest),
    address6: `fd77::${(guest + 10).toString(16)}`,
    at: tunnelAddress(homeOf(guest)),
    here: false,
    allow: null,
  };
}

/** What `network.apply` carries to each of these hosts. Cards that are the same for two hosts are one object. */
export function configsOf({ hosts, guests }: Fleet, told: readonly number[]): NetworkConfig[] {
  const cards = numbers(guests).map(cardOf);
  return told.map((host) => ({
    name: 'bench',
    vni: 77,
    mtu: 1370,
    subnet: '10.77.0.0/16',
    subnet6: 'fd77::/64',
    gateway: { mac: '02:00:00:00:00:01', address: '10.77.0.1', address6: 'fd77::1' },
    hostAddress: `${hostAddress(host)}/16`,
    hostAddresses: numbers(hosts).map(hostAddress),
    tunnelAddress: tunnelAddress(host),
    peers: peersOf({ hosts, guests }, host),
    outside: true,
    egress: null,
    connected: [],
    cards: cards.map((card, guest) => (homeOf(guest) === host ? { ...card, here: true } : card)),
    publishes: [],
  }));
}

const peersOf = ({ hosts }: Fleet, host: number): string[] =>
  numbers(hosts)
    .filter((other) => other !== host)
    .map(tunnelAddress);

/** What `network.forward` carries for one guest that went to `host`. */
export const moveOf = (guest: number, host: number): AgentParams<'network.forward'> => ({
  name: 'bench',
  moves: [{ mac: guestMac(guest), at: tunnelAddress(host) }],
});

export const device = 'vx0';

/** Arguments of `bridge`. Without `dynamic` the entry is permanent, and the kernel drops frames that come from elsewhere. */
export const flip = (guest: number, host: number): string[] => [
  ...['fdb', 'replace', guestMac(guest), 'dev', device, 'dst', tunnelAddress(host)],
  ...['self', 'dynamic', 'extern_learn'],
];

/** Lines for `bridge -batch`: where what is for everyone goes to. */
export const everyoneLines = (fleet: Fleet, host: number): string[] =>
  peersOf(fleet, host).map((peer) => `fdb append 00:00:00:00:00:00 dev ${device} dst ${peer} self`);

/** Lines for `bridge -batch` that fill the whole table of one host. */
export const tableLines = (fleet: Fleet, host: number): string[] => [
  ...everyoneLines(fleet, host),
  ...numbers(fleet.guests)
    .filter((guest) => homeOf(guest) !== host)
    .map((guest) => flip(guest, homeOf(guest)).join(' ')),
];
