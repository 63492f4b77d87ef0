/** Pure arithmetic of IPv4. An address is a number here, so that ranges are two comparisons. */
import { BlanketError } from '../../wire/errors.ts';

/** `first` is the network's own address, the last one its broadcast. */
export type Range = { first: number; size: number; prefix: number };

const LONGEST_PREFIX = 28;
const SHORTEST_PREFIX = 8;

export const toNumber = (address: string): number =>
  address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);

export const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

/** The range that an address with a prefix is in; host bits are left out. */
export function rangeOf(cidr: string): Range {
  const [address = '', bits = ''] = cidr.split('/');
  const prefix = Number(bits);
  const size = 2 ** (32 - prefix);
  return { first: Math.floor(toNumber(address) / size) * size, size, prefix };
}

const rangeText = ({ first, prefix }: Range): string => `${toAddress(first)}/${prefix}`;

export const holds = ({ first, size }: Range, address: string): boolean => {
  const number = toNumber(address);
  return number >= first && number < first + size;
};

export function overlaps(a: string, b: string): boolean {
  const [one, other] = [rangeOf(a), rangeOf(b)];
  return one.first < other.first + other.size && other.first < one.first + one.size;
}

/** @throws BlanketError `network.bad-subnet` when it is not the network's own address or not of a fit size. */
export function parseSubnet(subnet: string): Range {
  const range = rangeOf(subnet);
  if (range.prefix < SHORTEST_PREFIX || range.prefix > LONGEST_PREFIX) {
    const message = `${subnet} is of no fit size: the prefix of a guest network is ${SHORTEST_PREFIX} to ${LONGEST_PREFIX} bits.`;
    throw badSubnet(message, subnet, 'Give one such as 10.77.0.0/24.');
  }
  if (toNumber(subnet.split('/')[0] ?? '') === range.first) return range;
  const message = `${subnet} names an address inside a network, not the network.`;
  throw badSubnet(message, subnet, `Did you mean ${rangeText(range)}?`);
}

export const badSubnet = (message: string, subnet: string, next: string): BlanketError =>
  new BlanketError('network.bad-subnet', message, { kind: 'usage', next, data: { subnet } });
