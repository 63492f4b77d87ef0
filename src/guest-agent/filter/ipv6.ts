/** IPv6 addresses as numbers, where nftables has no name for the field that holds one. */

/** @param address valid IPv6 in any of its spellings. @returns `0x` and 32 hex digits. */
export function hexOfIpv6(address: string): string {
  // The URL parser knows every spelling, IPv4 at the end too, and gives the shortest one (RFC 5952).
  const shortest = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = shortest.split('::');
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
