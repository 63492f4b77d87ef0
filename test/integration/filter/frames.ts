/** Frames as hex, right or wrong, each with a mark in it that a sniffer knows again. */
import { hexOfIpv6 } from '../../../src/guest-agent/filter/ipv6.ts';

const hex = (value: number, bytes: number): string => value.toString(16).padStart(bytes * 2, '0');
const mac = (text: string): string => text.replaceAll(':', '');
const ip4 = (text: string): string =>
  text
    .split('.')
    .map((part) => hex(Number(part), 1))
    .join('');
const ip6 = (text: string): string => hexOfIpv6(text).slice(2);
const size = (text: string): number => text.length / 2;

/** In whole eights of bytes, as IPv6's options and IPv4's fragments are counted. */
export const mark = (name: string): string => {
  const text = Buffer.from(`#${name}#`).toString('hex');
  return text.padEnd(Math.ceil(text.length / 16) * 16, '0');
};

export const everyone = 'ff:ff:ff:ff:ff:ff';

export const ethernet = (to: string, from: string, type: number, payload: string): string =>
  `${mac(to)}${mac(from)}${hex(type, 2)}${payload}`.padEnd(120, '0');

export type Arp = {
  from: string;
  sender: string;
  address: string;
  target: string;
  operation?: number;
  to?: string;
};

export const arp = (
  name: string,
  { from, sender, address, target, operation = 1, to = everyone }: Arp,
): string =>
  ethernet(
    to,
    from,
    0x0806,
    `000108000604${hex(operation, 2)}${mac(sender)}${ip4(address)}000000000000${ip4(target)}${mark(name)}`,
  );

/** The Internet checksum of a header whose own field is zero (RFC 1071). */
function checksum(header: string): string {
  const words = header.match(/.{4}/g) ?? [];
  let sum = words.reduce((total, word) => total + Number.parseInt(word, 16), 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return hex(~sum & 0xffff, 2);
}

/** @param fragment flags and offset as in the header: 0x2000 is "more follow", the rest counts eights of bytes. */
export function ipv4(
  from: string,
  to: string,
  protocol: number,
  payload: string,
  fragment = 0,
  options = '',
): string {
  const words = 5 + size(options) / 4;
  const start = `4${words.toString(16)}00${hex(words * 4 + size(payload), 2)}1234${hex(fragment, 2)}40${hex(protocol, 1)}`;
  const end = `${ip4(from)}${ip4(to)}${options}`;
  return `${start}${checksum(`${start}0000${end}`)}${end}${payload}`;
}

export const ipv6 = (from: string, to: string, next: number, payload: string): string =>
  `60000000${hex(size(payload), 2)}${hex(next, 1)}ff${ip6(from)}${ip6(to)}${payload}`;

export const udp = (from: number, to: number, payload: string): string =>
  `${hex(from, 2)}${hex(to, 2)}${hex(8 + size(payload), 2)}0000${payload}`;

/** @param flags 1 FIN, 2 SYN, 4 RST, 16 ACK. */
export const tcp = (from: number, to: number, flags: number, payload = ''): string =>
  `${hex(from, 2)}${hex(to, 2)}000000010000000150${hex(flags, 1)}ffff00000000${payload}`;

/** An ICMPv6 message about a target, with the mark in an option that nobody knows (RFC 4727). */
export const nd = (name: string, type: number, target: string): string =>
  `${hex(type, 1)}000000${'00000000'}${ip6(target)}fd${hex(size(mark(name)) / 8 + 1, 1)}000000000000${mark(name)}`;

/** A router advertisement: no target, but three numbers (RFC 4861, 4.2). */
export const routerAdvert = (name: string): string =>
  `86000000400007080000000000000000fd${hex(size(mark(name)) / 8 + 1, 1)}000000000000${mark(name)}`;

/** An extension header of options that says what follows; `eights` is its length beyond the first eight bytes. */
export const options6 = (next: number, eights = 0): string =>
  `${hex(next, 1)}${hex(eights, 1)}01${hex(4 + eights * 8, 1)}${'00'.repeat(4 + eights * 8)}`;

export const fragment6 = (next: number, offset: number, more: boolean): string =>
  `${hex(next, 1)}00${hex((offset << 3) | Number(more), 2)}00001234`;
