/** Where a network's guests leave for the world, as one host sees it. */
import type { Egress, NetworkConfig } from '../../wire/methods/network.ts';

type Ways = Pick<NetworkConfig, 'outside' | 'egress' | 'tunnelAddress'>;

/** Guests on this host leave by it. */
export const leavesHere = ({ outside, egress, tunnelAddress }: Ways): boolean =>
  outside && (egress === null || egress.at === tunnelAddress);

/** Guests on all hosts leave by this one. */
export const isEgress = ({ outside, egress, tunnelAddress }: Ways): boolean =>
  outside && egress?.at === tunnelAddress;

/** The other host by which guests on this one leave. */
export const detourOf = ({ outside, egress, tunnelAddress }: Ways): Egress | undefined =>
  outside && egress !== null && egress.at !== tunnelAddress ? egress : undefined;
