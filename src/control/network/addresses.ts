/** Addresses in the tunnel, MACs, and the lowest free number: all that is pure and belongs to no one network. */
import { createHash } from 'node:crypto';

/** The tunnel's own network; `index` is a host's number. */
export const tunnelPrefix = 24;
export const tunnelPort = 51820;
export const tunnelAddress = (index: number): string => `10.254.0.${index}`;
export const tunnelSubnet = `${tunnelAddress(0)}/${tunnelPrefix}`;

const hexOf = (text: string, bytes: number): string[] =>
  createHash('sha256').update(text).digest('hex').match(/../g)?.slice(0, bytes) ?? [];

/** A locally administered MAC in QEMU's customary range, from the guest's UUID and the NIC's number. */
export const macOf = (uuid: string, nic: number): string =>
  ['52', '54', '00', ...hexOf(`${uuid} ${nic}`, 3)].join(':');

/** The first MAC of a guest that no card has: 24 bits of a hash are not enough to be sure of it. */
export function freeMac(uuid: string, taken: ReadonlySet<string>): string {
  let nic = 0;
  while (taken.has(macOf(uuid, nic))) nic++;
  return macOf(uuid, nic);
}

/** The MAC of a network's gateway, the same on every host: locally administered. */
export const gatewayMac = (network: string): string => ['02', ...hexOf(`gateway ${network}`, 5)].join(':');

/** The lowest number from `from` on that is not taken. */
export function lowestFree(taken: readonly number[], from: number): number {
  const used = new Set(taken);
  let number = from;
  while (used.has(number)) number++;
  return number;
}
