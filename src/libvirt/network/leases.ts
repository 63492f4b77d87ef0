/** The addresses that a network's own DHCP server has given out. */
import type { CallOptions } from '../call.ts';
import { networkCalls, type WireLease } from '../procedures/network.ts';
import type { Session } from '../session.ts';
import type { NetworkHandle } from '../wire-structures.ts';

export type Lease = Omit<WireLease, 'type' | 'expirySeconds'> & {
  /** virIPAddrType. */
  family: 'ipv4' | 'ipv6' | 'unknown';
  /** Undefined for a lease without an end. */
  expires: Date | undefined;
};

const families = ['ipv4', 'ipv6'] as const;

const toLease = ({ type, expirySeconds, ...rest }: WireLease): Lease => ({
  ...rest,
  family: families[type] ?? 'unknown',
  expires: expirySeconds > 0 ? new Date(expirySeconds * 1_000) : undefined,
});

export async function networkLeases(
  session: Session,
  net: NetworkHandle,
  mac: string | undefined,
  options?: CallOptions,
): Promise<Lease[]> {
  const args = { net, mac, needResults: true, flags: 0 };
  const { leases } = await session.call(networkCalls.networkGetDhcpLeases, args, options);
  return leases.map(toLease);
}
