/** Pure arithmetic of addresses. IPv4 only, for now. */
import { createHash } from 'node:crypto';
import { BlanketError } from '../../wire/errors.ts';

/** The tunnel's own network; `index` is a host's number. */
export const tunnelPrefix = 24;
export const tunnelPort = 51820;
export const tunnelAddress = (index: number): string => `10.254.0.${index}`;

const toNumber = (address: string): number =>
  address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);

const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

type Range = { first: number; size: number; prefix: number };

/** Addresses kept for hosts at the top of each guest network, and left free at its bottom. */
const HOST_ADDRESSES = 200;
const LOW_ADDRESSES = 10;

/** @throws BlanketError `network.bad-subnet` when it is not the network's own address or has no room. */
export function parseSubnet(subnet: string): Range {
  const [address = '', bits = ''] = subnet.split('/');
  const prefix = Number(bits);
  const size = 2 ** (32 - prefix);
  const first = toNumber(address);
  if (prefix >= 8 && prefix <= 24 && first % size === 0) return { first, size, prefix };
  throw new BlanketError('network.bad-subnet', `${subnet} cannot be a guest network.`, {
    kind: 'usage',
    next: 'Give a network address with a prefix of 8 to 24 bits, such as 10.77.0.0/24.',
    data: { subnet },
  });
}

export function overlaps(a: string, b: string): boolean {
  const [one, other] = [parseSubnet(a), parseSubnet(b)];
  return one.first < other.first + other.size && other.first < one.first + one.size;
}

/** A host's address on a guest network's bridge, with the prefix; counted down from the top. */
export function hostAddress(subnet: string, index: number): string {
  const { first, size, prefix } = parseSubnet(subnet);
  return `${toAddress(first + size - 1 - index)}/${prefix}`;
}

/** The lowest free address for a guest. @throws BlanketError `network.full` */
export function freeAddress(subnet: string, taken: readonly string[]): string {
  const { first, size } = parseSubnet(subnet);
  const used = new Set(taken);
  for (let number = first + LOW_ADDRESSES; number < first + size - 1 - HOST_ADDRESSES; number++) {
    const address = toAddress(number);
    if (!used.has(address)) return address;
  }
  throw new BlanketError('network.full', `${subnet} has no address left for a guest.`, {
    kind: 'blocked',
    data: { subnet },
  });
}

/** A locally administered MAC in QEMU's customary range, from the guest's UUID and the NIC's number. */
export function macOf(uuid: string, nic: number): string {
  const hash = createHash('sha256').update(`${uuid} ${nic}`).digest('hex');
  return ['52', '54', '00', hash.slice(0, 2), hash.slice(2, 4), hash.slice(4, 6)].join(':');
}

/** The lowest number from `from` on that is not taken. */
export function lowestFree(taken: readonly number[], from: number): number {
  const used = new Set(taken);
  let number = from;
  while (used.has(number)) number++;
  return number;
}
