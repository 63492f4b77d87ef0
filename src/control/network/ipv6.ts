/** Pure arithmetic of IPv6 subnets, all of them /64: router advertisements need just that (RFC 4861, RFC 7421). */
import { badSubnet } from './ipv4.ts';

const GROUPS = 8;

/** Eight groups of 16 bits. The text must be an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = canonical(address).split('::');
  const parse = (text: string) =>
    text
      .split(':')
      .filter((group) => group !== '')
      .map((group) => Number.parseInt(group, 16));
  const [high, low] = [parse(head), parse(tail ?? '')];
  return [...high, ...Array.from({ length: GROUPS - high.length - low.length }, () => 0), ...low];
}

/** The one text of an address (RFC 5952), as the URL standard writes it. */
const canonical = (address: string): string => new URL(`http://[${address}]/`).hostname.slice(1, -1);

const textOf = (groups: readonly number[]): string =>
  canonical(groups.map((group) => group.toString(16)).join(':'));

/** The subnet in its one text. @throws BlanketError `network.bad-subnet` when it is no /64 or names an address inside one. */
export function parseSubnet6(subnet6: string): string {
  const [address = '', prefix = ''] = subnet6.split('/');
  const groups = groupsOf(address);
  const network = `${textOf([...groups.slice(0, 4), 0, 0, 0, 0])}/64`;
  if (prefix !== '64') {
    const message = `${subnet6} is of no fit size: an IPv6 guest network has a prefix of 64 bits.`;
    throw badSubnet(message, subnet6, `Give one such as ${network}.`);
  }
  if (groups.slice(4).every((group) => group === 0)) return network;
  const message = `${subnet6} names an address inside a network, not the network.`;
  throw badSubnet(message, subnet6, `Did you mean ${network}?`);
}

/** Unique local addresses: fc00::/7 (RFC 4193). */
export const isPrivate6 = (address: string): boolean => ((groupsOf(address)[0] ?? 0) & 0xfe00) === 0xfc00;

/** Whether an address is in a /64. */
export const holds6 = (subnet6: string, address: string): boolean => {
  const [network, other] = [groupsOf(subnet6.split('/')[0] ?? ''), groupsOf(address)];
  return [0, 1, 2, 3].every((group) => network[group] === other[group]);
};

/** Whether two subnets have an address in common; prefixes of 0 to 128 bits. */
export function overlaps6(a: string, b: string): boolean {
  const [one, other] = [a, b].map((subnet) => subnet.split('/'));
  const bits = Math.min(Number(one?.[1]), Number(other?.[1]));
  const [left, right] = [groupsOf(one?.[0] ?? ''), groupsOf(other?.[0] ?? '')];
  return left.every((group, index) => {
    const ignored = Math.min(16, Math.max(0, 16 * (index + 1) - bits));
    return group >> ignored === (right[index] ?? 0) >> ignored;
  });
}

/** The address with this number in a /64. `number` is below 2^32. */
export function addressIn(subnet6: string, number: number): string {
  const groups = groupsOf(subnet6.split('/')[0] ?? '').slice(0, 6);
  return textOf([...groups, Math.floor(number / 0x10000), number % 0x10000]);
}
