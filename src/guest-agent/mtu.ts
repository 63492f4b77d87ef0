/** How large packets in the tunnel may be on the smallest path that clouds offer each other. */

/** 1500 bytes between clouds, less WireGuard's 80 over IPv6. */
export const tunnelMtu = 1420;
