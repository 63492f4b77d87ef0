/** What is the same on every network and every host. */

/** IANA's port for VXLAN (RFC 7348, 5). */
export const vxlanPort = 4789;

/**
 * The gateway's second address on every network with IPv6: where routers announce themselves from is a link-local address
 * (RFC 4861, 4.2).
 */
export const gatewayLinkLocal = 'fe80::1';

/** In which a network's name server knows its guests. */
export const domainOf = (network: string): string => `${network}.internal`;
