/** As much arithmetic of IPv4 addresses as metadata needs. */

const maskOf = (prefixLength: number): number =>
  prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => ((address >>> shift) & 255).toString()).join('.');

/** As in `255.254.0.0`. */
export const netmask = (prefixLength: number): string => dotted(maskOf(prefixLength));

/** The network that an address lies in, as in `198.18.0.0`. */
export function networkOf(address: string, prefixLength: number): string {
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return dotted((number & maskOf(prefixLength)) >>> 0);
}
