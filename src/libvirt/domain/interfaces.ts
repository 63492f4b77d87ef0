/** A domain's network interfaces. `device` is the interface's target (`vnet0`) or its MAC address. */
import type { CallOptions } from '../call.ts';
import { deviceCalls } from '../procedures/device.ts';
import { domainCalls } from '../procedures/domain.ts';
import { maxTuning, tuningCalls } from '../procedures/tuning.ts';
import type { Session } from '../session.ts';
import { type PlainValue, toRecord } from '../typed-parameters.ts';
import type { DomainHandle, InterfaceStats } from '../wire-structures.ts';

/** virDomainInterfaceAddressesSource. */
const sources = { lease: 0, agent: 1, arp: 2 } as const;
/** virIPAddrType. */
const families = ['ipv4', 'ipv6'] as const;

export type Addressed = {
  /** The host's name for the interface or, from the agent, the guest's. */
  name: string;
  mac: string | undefined;
  addresses: { family: (typeof families)[number] | 'unknown'; address: string; prefix: number }[];
};

/** KiB/s for averages and peaks, KiB for bursts; 0 is no limit. Inbound is what the guest receives. */
const bandwidthFields = {
  inboundAverage: 'inbound.average',
  inboundPeak: 'inbound.peak',
  inboundBurst: 'inbound.burst',
  outboundAverage: 'outbound.average',
  outboundPeak: 'outbound.peak',
  outboundBurst: 'outbound.burst',
} as const;
export type Bandwidth = { [K in keyof typeof bandwidthFields]?: number | undefined };

export type DomainInterfaces = {
  /** Of a running domain. */
  stats(device: string, options?: CallOptions): Promise<InterfaceStats>;
  /** As the host's DHCP leases (default), the guest's agent or the host's ARP table know them. */
  addresses(source?: keyof typeof sources, options?: CallOptions): Promise<Addressed[]>;
  bandwidth(device: string, flags?: number, options?: CallOptions): Promise<Bandwidth>;
  /** What is absent stays as it is. @param flags `affectFlags`. */
  setBandwidth(device: string, limits: Bandwidth, flags?: number, options?: CallOptions): Promise<void>;
};

function toBandwidth(record: Record<string, PlainValue>): Bandwidth {
  const pairs = Object.entries(bandwidthFields).map(([ours, theirs]) => [ours, record[theirs]] as const);
  return Object.fromEntries(pairs.filter(([, value]) => typeof value === 'number'));
}

const toParameters = (limits: Bandwidth) =>
  Object.entries(bandwidthFields).flatMap(([ours, field]) => {
    const value = limits[ours as keyof Bandwidth];
    return value === undefined ? [] : [{ field, type: 'uint' as const, value }];
  });

export const domainInterfaces = (session: Session, dom: DomainHandle): DomainInterfaces => ({
  stats: (device, options) => session.call(domainCalls.domainInterfaceStats, { dom, device }, options),
  addresses: async (source = 'lease', options) => {
    const args = { dom, source: sources[source], flags: 0 };
    const found = await session.call(deviceCalls.domainInterfaceAddresses, args, options);
    return found.map(({ addresses, ...rest }) => ({
      ...rest,
      addresses: addresses.map(({ type, ...address }) => ({
        family: families[type] ?? 'unknown',
        ...address,
      })),
    }));
  },
  bandwidth: async (device, flags = 0, options) => {
    const args = { dom, device, count: maxTuning, flags };
    const { params } = await session.call(tuningCalls.domainGetInterfaceParameters, args, options);
    return toBandwidth(toRecord(params));
  },
  setBandwidth: (device, limits, flags = 0, options) => {
    const args = { dom, device, params: toParameters(limits), flags };
    return session.call(tuningCalls.domainSetInterfaceParameters, args, options);
  },
});
