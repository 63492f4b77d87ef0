/**
 * Plans: facts in, shims to apply out, in this order.
 *
 *   nic       first: the notices of a cloud, and its time servers, are reached through it
 *   disk, clock, entropy, console, memory
 *   nested    late: what is loaded here takes the memory settings as they are
 *   notices   last: a host announces itself as one only when the rest stands
 *
 * A driver gives the parts that differ between clouds. Nothing is planned for a device that the facts do not show,
 * so a substitute under a cloud's DMI (an e1000e in place of an ENA) gets what suits any card.
 */
import { type LeafName, leafOf } from './drivers/leaf.ts';
import type { Facts } from './facts.ts';
import type {
  ClockPlan,
  ConsolePlan,
  DiskPlan,
  MemoryPlan,
  NestedPlan,
  NicPlan,
  NoticesPlan,
  ShimPlan,
} from './shims/shim.ts';

export type Parts = {
  nic: { /** Drivers of the cloud's own cards, by their names in sysfs. */ cards: readonly string[] } & Pick<
    NicPlan,
    'offloads'
  >;
  disk: {
    /** Drivers of the cloud's own disks, by their names in sysfs. */
    drivers: readonly string[];
    scheduler?: string;
    /** For SCSI disks. */
    timeoutSeconds?: number;
    /** For NVMe disks. */
    nvmeTimeoutSeconds?: number;
  };
  clock: Pick<ClockPlan, 'prefer' | 'servers'>;
  console: ConsolePlan['device'];
  /** How to switch nested virtualization on at this cloud: whole sentences. */
  howTo: string;
  notices: NoticesPlan['source'];
};

export const planOf = (facts: Facts, parts: Parts): ShimPlan[] => [
  ...nicPlans(facts, parts.nic),
  ...diskPlans(facts, parts.disk),
  { shim: 'clock', ...ptpOf(facts), ...parts.clock },
  { shim: 'entropy', prefer: entropySources },
  { shim: 'console', device: parts.console },
  memoryPlan(facts),
  nestedPlan(facts, parts.howTo),
  { shim: 'notices', source: parts.notices },
];

/** The hypervisor's generator before a (virtual) TPM's, which is slow; names as the kernel's drivers register them. */
const entropySources = ['virtio_rng.0', 'tpm-rng-0'];

/** Long enough to absorb a migration's bursts into a tunnel on one queue. */
const queueLength = 2000;

/**
 * A virtual function under a Hyper-V NIC shares its MAC and follows its settings: only the synthetic card is set up
 * (the kernel's networking/device_drivers/ethernet/microsoft/netvsc document).
 */
const followsAnother = ({ driver, mac }: Facts['nics'][number], { nics }: Facts): boolean =>
  driver !== 'hv_netvsc' && nics.some((other) => other.driver === 'hv_netvsc' && other.mac === mac);

const nicPlans = (facts: Facts, { cards, offloads }: Parts['nic']): NicPlan[] =>
  facts.nics
    .filter((nic) => !followsAnother(nic, facts))
    .map(({ name, driver }) => ({
      shim: 'nic',
      name,
      ...(driver !== undefined && cards.includes(driver) && { module: driver }),
      queueLength,
      queues: 'all',
      ...(offloads !== undefined && { offloads }),
      probeMtu: true,
      ownMacOnly: true,
    }));

function diskPlans({ blocks }: Facts, parts: Parts['disk']): DiskPlan[] {
  const { drivers, scheduler, timeoutSeconds, nvmeTimeoutSeconds } = parts;
  const present = blocks.filter(({ bytes }) => bytes > 0); // a drive without a medium has no size
  return present.map(({ name, driver }) => ({
    shim: 'disk',
    name,
    ...(driver !== undefined && drivers.includes(driver) && { module: driver }),
    ...(scheduler !== undefined && { scheduler }),
    ...(timeoutSeconds !== undefined && name.startsWith('sd') && { timeoutSeconds }),
    ...(nvmeTimeoutSeconds !== undefined && name.startsWith('nvme') && { nvmeTimeoutSeconds }),
    discard: true,
    stableName: true,
  }));
}

/**
 * The order of clock sources. A TSC that neither stops nor changes its rate is best: KVM gives its guests a clock
 * that agrees between virtual CPUs only while the host itself runs on the TSC (kvm_guest_has_master_clock in
 * arch/x86/kvm/x86.c), and Linux ranks kvm-clock below such a TSC for the same reason (arch/x86/kernel/kvmclock.c).
 * @param paravirtual the cloud's own clock sources, for where the TSC is not to be trusted.
 */
export function clockSources({ cpu }: Facts, paravirtual: readonly string[]): string[] {
  const invariant = ['constant_tsc', 'nonstop_tsc'].every((flag) => cpu.flags.includes(flag));
  const best = invariant ? ['tsc', ...paravirtual] : [...paravirtual, 'tsc'];
  return [...best, 'hpet', 'acpi_pm'];
}

/** By what runs the machine; the emulator has none. */
const ptpModules: Partial<Record<LeafName, NonNullable<ClockPlan['ptp']>>> = {
  kvm: 'ptp_kvm',
  hyperv: 'hv_utils',
  vmware: 'ptp_vmw',
};

/**
 * The clock that a cloud may show as a PTP device: the network card's on AWS, elsewhere the hypervisor's. Whether it
 * is there is seen only when its module is loaded, so the plan names it and the shim tells.
 */
function ptpOf(facts: Facts): Pick<ClockPlan, 'ptp'> {
  const ptp = facts.nics.some(({ driver }) => driver === 'ena') ? 'ena' : ptpModules[leafOf(facts)];
  return ptp === undefined ? {} : { ptp };
}

/** Hyper-V's class of the device for dynamic memory (HV_DM_GUID in the kernel's include/linux/hyperv.h). */
const dynamicMemoryClass = '525074dc-8985-46e2-8057-a307dc18a502';

/** The balloon whose device the facts show. */
function balloonOf(facts: Facts): Pick<MemoryPlan, 'balloon'> {
  const { pci, vmbus, xenbus } = facts;
  // Virtio 1.x: a transitional device's id, and a modern one's.
  const isVirtio = pci.some(({ vendor, device }) => vendor === '1af4' && ['1002', '1045'].includes(device));
  if (isVirtio) return { balloon: 'virtio_balloon' };
  if (vmbus.includes(dynamicMemoryClass)) return { balloon: 'hv_balloon' };
  if (leafOf(facts) === 'vmware') return { balloon: 'vmw_balloon' };
  return xenbus.length > 0 ? { balloon: 'xen_balloon' } : {};
}

/** `madvise`: QEMU asks for huge pages for its guests' memory, and nothing else on a host needs them. */
const memoryPlan = (facts: Facts): MemoryPlan => ({
  shim: 'memory',
  ksm: false,
  hugePages: 'madvise',
  ...balloonOf(facts),
});

function nestedPlan({ cpu }: Facts, howTo: string): NestedPlan {
  if (cpu.flags.includes('vmx')) return { shim: 'nested', module: 'kvm_intel' };
  if (cpu.flags.includes('svm')) return { shim: 'nested', module: 'kvm_amd' };
  return { shim: 'nested', howTo };
}
