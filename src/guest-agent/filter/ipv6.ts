/** IPv6 addresses as nftables reads them, and as numbers where it has no name for the field that holds one. */

/**
 * @param address valid IPv6 in any of its spellings.
 * @returns its shortest, without IPv4 at the end, which nft does not read everywhere. The URL parser gives it (WHATWG URL, 3.5).
 */
export const plainIpv6 = (address: string): string => new URL(`http://[${address}]/`).hostname.slice(1, -1);

/** @param address valid IPv6 in any of its spellings. @returns `0x` and 32 hex digits. */
export function hexOfIpv6(address: string): string {
  const [head = '', tail] = plainIpv6(address).split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':'));
  const after = words(tail ?? '');
  const zeros = tail === undefined ? 0 : 8 - words(head).length - after.length;
  const all = [...words(head), ...Array.from({ length: zeros }, () => '0'), ...after];
  return `0x${all.map((word) => word.padStart(4, '0')).join('')}`;
}

/** The link-local address that a guest makes of its MAC (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const [first = 0, ...rest] = mac.split(':').map((byte) => Number.parseInt(byte, 16));
  const id = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)];
  const hex = id.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `fe80::${(hex.match(/.{4}/g) ?? []).join(':')}`;
}
