/**
 * The contract of a shim: one thing a driver sets up on a host.
 *
 *   do      makes it so; again changes nothing
 *   undo    puts back what was there before, also when `do` broke off half-way
 *   verify  reads back what is true now
 */
import type { HostAccess } from '../access.ts';

/** The card that carries the tunnel. */
export type NicPlan = {
  shim: 'nic';
  name: string;
  /** The kernel driver that this cloud's card should be bound to, e.g. `ena`. */
  module?: string;
  queueLength?: number;
  /** `all`: as many queues as the card has, up to one a CPU. */
  queues?: 'all';
  /** By ethtool's short names. */
  offloads?: Record<string, boolean>;
  /** Probe the path to the gateway with frames that must not be cut, and lower the card's MTU to what passes. */
  probeMtu?: boolean;
  /** Let no frame out under another MAC than the card's own: clouds drop it, or stop the VM. */
  ownMacOnly?: boolean;
};

export type DiskPlan = {
  shim: 'disk';
  name: string;
  /** The kernel driver that this cloud's disk should hang on, e.g. `nvme`. */
  module?: string;
  scheduler?: string;
  /** SCSI's own, in /sys/block/<name>/device/timeout. */
  timeoutSeconds?: number;
  /** /sys/module/nvme_core/parameters/io_timeout, for devices that appear from now on and for this one. */
  nvmeTimeoutSeconds?: number;
  /** Give blocks back that are no longer used, weekly, where the disk can. */
  discard?: boolean;
  /** The root file system must be named by something that no other order of disks changes. */
  stableName?: boolean;
};

export type ClockPlan = {
  shim: 'clock';
  /** Clock sources; the first that the kernel offers is taken. */
  prefer: string[];
  /** Kernel module of the cloud's PTP clock, e.g. `ptp_kvm`. */
  ptp?: 'ptp_kvm' | 'hv_utils' | 'ptp_vmw' | 'ena';
  /** The cloud's own time servers; the distribution's pool where there are none. */
  servers?: string[];
};

/** The kernel's random generator fed by the first of these sources (names in rng_available) that is there. */
export type EntropyPlan = { shim: 'entropy'; prefer: string[] };

/** Kernel and log-in on the serial console that this cloud shows its users. */
export type ConsolePlan = { shim: 'console'; device: string };

export type MemoryPlan = {
  shim: 'memory';
  /** Merging equal pages costs CPU and tells guests about one another, so it is off unless asked for. */
  ksm: boolean;
  hugePages: 'always' | 'madvise' | 'never';
  /** Kernel module of the cloud's balloon, which must be there for it to take memory back. */
  balloon?: 'virtio_balloon' | 'vmw_balloon' | 'hv_balloon' | 'xen_balloon';
};

/** `module` is absent where the CPU shows no virtualization extension; `howTo` says how to switch it on at this cloud. */
export type NestedPlan = { shim: 'nested'; module?: 'kvm_intel' | 'kvm_amd'; howTo?: string };

/** Where this cloud announces maintenance and the taking back of cheap VMs. */
export type NoticesPlan = { shim: 'notices'; source: 'aws' | 'gce' | 'azure' | 'alibaba' | 'none' };

export type ShimPlan =
  | NicPlan
  | DiskPlan
  | ClockPlan
  | EntropyPlan
  | ConsolePlan
  | MemoryPlan
  | NestedPlan
  | NoticesPlan;

/**
 * What was there before. Names are the shim's own but for the kinds that every shim shares (see parts.ts):
 *
 *   /sys/…      the setting's value; /proc/sys/… alike
 *   /etc/…      the file's text, empty when there was no such file
 *   module:…    a kernel module that was not loaded
 *
 * Files outlive a boot; all else is gone with it.
 */
export type Before = Record<string, string>;

export const outlivesBoot = (name: string): boolean => name.startsWith('/etc/');

/** Notes what is there, before it is changed; the first value noted under a name stays. */
export type Remember = (was: Before) => Promise<void>;

/** `detail` is a clause that a person reads. `refused`: the cloud does not let it be done, and the host can do without. */
export type Report = { outcome: 'set' | 'refused' | 'failed'; detail: string };

export type Shim<P extends ShimPlan> = {
  do(plan: P, host: HostAccess, remember: Remember): Promise<void>;
  undo(plan: P, before: Before, host: HostAccess): Promise<void>;
  verify(plan: P, host: HostAccess): Promise<Report>;
};
