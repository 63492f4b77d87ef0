/** Names of a network's devices on a host, and of a guest's. Linux keeps device names to 15 characters. */
import { createHash } from 'node:crypto';

/** 12 hex digits of the SHA-256 of a network's name. */
export const shortNameOf = (network: string): string =>
  createHash('sha256').update(network).digest('hex').slice(0, 12);

/** `gateway` is the host's end of a veth pair, `gatewayPort` its other end, a port of the bridge. */
export function devicesOf(network: string) {
  const short = shortNameOf(network);
  return { bridge: `bl${short}`, vxlan: `vx${short}`, gateway: `bg${short}`, gatewayPort: `bp${short}` };
}

export const macDigits = (mac: string): string => mac.replaceAll(':', '');

/** Follows from the MAC alone, so that a card's rules can be there before its tap is. */
export const tapOf = (mac: string): string => `bt${macDigits(mac)}`;
