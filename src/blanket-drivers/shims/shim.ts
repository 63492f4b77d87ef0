/**
 * The contract of a shim: one thing a driver sets up on a host.
 *
 *   do      makes it so and gives what was there before; again changes nothing
 *   undo    puts back what was there before
 *   verify  reads back what is true now
 */
import type { HostAccess } from '../access.ts';

export type NicPlan = {
  shim: 'nic';
  name: string;
  queueLength?: number;
  mtu?: number;
  /** By ethtool's short names. */
  offloads?: Record<string, boolean>;
};
export type DiskPlan = { shim: 'disk'; name: string; scheduler?: string; timeoutSeconds?: number };
export type ClockPlan = { shim: 'clock'; prefer: string[] };
/** `module` is absent where the CPU shows no virtualization extension. */
export type NestedPlan = { shim: 'nested'; module?: 'kvm_intel' | 'kvm_amd' };
export type ShimPlan = NicPlan | DiskPlan | ClockPlan | NestedPlan;

/** Values that `do` replaced, by a name of the shim's own. */
export type Before = Record<string, string>;

/** `detail` is a clause that a person reads: what is set, or what is wrong. */
export type Report = { ok: boolean; detail: string };

export type Shim<P extends ShimPlan> = {
  do(plan: P, host: HostAccess): Promise<Before>;
  undo(plan: P, before: Before, host: HostAccess): Promise<void>;
  verify(plan: P, host: HostAccess): Promise<Report>;
};
