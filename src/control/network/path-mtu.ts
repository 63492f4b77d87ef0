/** What fits into the tunnels. */

const ETHERNET = 1500;
/** WireGuard over IPv6: 40 + 8 (UDP) + 32 (header and tag), as wg-quick(8) reckons. */
const WIREGUARD_BYTES = 80;

/** The tunnels' MTU, bytes: what passes uncut between all hosts that were measured. */
export const tunnelMtuOf = (hosts: readonly { pathMtu: number | null }[]): number =>
  Math.min(ETHERNET, ...hosts.flatMap(({ pathMtu }) => (pathMtu === null ? [] : [pathMtu]))) -
  WIREGUARD_BYTES;
