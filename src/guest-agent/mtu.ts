/** How large frames may be, layer by layer, on the smallest path that clouds offer each other. */

/** 1500 bytes between clouds, less WireGuard's 80 over IPv6. */
export const tunnelMtu = 1420;
/** The tunnel's, less VXLAN's 50 bytes over IPv4 (RFC 7348, 5); the guest's NIC is told it. */
export const networkMtu = tunnelMtu - 50;
