/** What the devices of a guest network are called. Linux keeps device names to 15 characters. */
import { createHash } from 'node:crypto';

/** 12 hex digits of the network's name's SHA-256. */
const short = (network: string): string => createHash('sha256').update(network).digest('hex').slice(0, 12);

export const bridgeOf = (network: string): string => `bl${short(network)}`;
export const vxlanOf = (network: string): string => `vx${short(network)}`;
/** The host's end of the cable on which guests find their gateway. */
export const gatewayOf = (network: string): string => `bg${short(network)}`;
/** The cable's other end, a port of the bridge. */
export const gatewayPortOf = (network: string): string => `bp${short(network)}`;

/** A guest's card; known before there is one, so that it can be guarded before it carries a frame. */
export const tapOf = (mac: string): string => `bt${mac.toLowerCase().replaceAll(':', '')}`;

/** Whether a device is a guest network's own. */
export const isOurs = (device: string): boolean => /^(bl|vx|bg|bp|bt)[0-9a-f]{12}$/.test(device);
