/** Names of a network's devices on a host, and of a guest's. Linux keeps device names to 15 characters. */
import { createHash } from 'node:crypto';

/** 12 hex digits of the SHA-256 of a network's name. */
export const shortNameOf = (network: string): string =>
  createHash('sha256').update(network).digest('hex').slice(0, 12);

export const bridgeOf = (network: string): string => `bl${shortNameOf(network)}`;
export const vxlanOf = (network: string): string => `vx${shortNameOf(network)}`;
/** The host's end of the cable on which guests find their gateway. */
export const gatewayOf = (network: string): string => `bg${shortNameOf(network)}`;
/** The cable's other end, a port of the bridge. */
export const gatewayPortOf = (network: string): string => `bp${shortNameOf(network)}`;

export const devicesOf = (network: string) => ({
  bridge: bridgeOf(network),
  vxlan: vxlanOf(network),
  gateway: gatewayOf(network),
  gatewayPort: gatewayPortOf(network),
});

export const macDigits = (mac: string): string => mac.toLowerCase().replaceAll(':', '');

/**
 * A card's tap, named after its MAC on every host, so that rules for the card can be there before its tap is. libvirt keeps a
 * name from its user, save `vnet…` and `vif…`, which are its own (formatdomain, "Overriding the target element").
 */
export const tapOf = (mac: string): string => `bt${macDigits(mac)}`;

/** Whether a device is a guest network's own. */
export const isOurs = (device: string): boolean => /^(bl|vx|bg|bp|bt)[0-9a-f]{12}$/.test(device);
