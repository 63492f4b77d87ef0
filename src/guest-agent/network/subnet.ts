/** IPv4 prefixes, as numbers and as text. */

/** First address of the network that an address with prefix length lies in, its mask and its prefix length. */
export function subnetOf(cidr: string): { network: string; mask: string; prefix: number } {
  const [address = '', bits = '24'] = cidr.split('/');
  const prefix = Number(bits);
  const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
  const value = address.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0);
  const mask = prefix === 0 ? 0 : -1 << (32 - prefix);
  return { network: dotted(value & mask), mask: dotted(mask), prefix };
}
