/**
 * Facts: readings from a host, taken once, from which its cloud is recognised. They hold nothing that Blanket
 * concluded, so a recorded set of facts of a real machine is a test.
 */
import { z } from 'zod';

const pciSchema = z.object({
  /** `0000:00:03.0` */
  address: z.string(),
  /** Four hex digits each, as in the PCI ID list. */
  vendor: z.string(),
  device: z.string(),
  /** Six hex digits: class, subclass, programming interface. */
  class: z.string(),
  /** The kernel driver bound to it. */
  driver: z.string().optional(),
});

const blockSchema = z.object({
  name: z.string(),
  /** Kernel driver of the device or of the controller it hangs on, e.g. `virtio_blk`, `vmw_pvscsi`, `nvme`. */
  driver: z.string().optional(),
  model: z.string().optional(),
  bytes: z.int().nonnegative(),
  scheduler: z.string().optional(),
});

const nicSchema = z.object({
  name: z.string(),
  driver: z.string().optional(),
  mac: z.string(),
  mtu: z.int(),
  /** With prefix length: `10.0.2.15/24`. */
  addresses: z.array(z.string()),
});

export const factsSchema = z.object({
  version: z.literal(1),
  kernel: z.string(),
  hypervisor: z.object({
    /** The 12 characters of CPUID leaf 0x40000000; absent on bare metal or where it cannot be read. */
    leaf: z.string().optional(),
    /** What systemd-detect-virt says: a name it made of leaf, DMI and more. */
    systemd: z.string().optional(),
    /** /sys/hypervisor, there on Xen only. */
    sysType: z.string().optional(),
    sysUuid: z.string().optional(),
  }),
  cpu: z.object({
    vendor: z.string(),
    model: z.string(),
    count: z.int().positive(),
    /** Only those that Blanket asks about: vmx, svm, hypervisor, npt, ept, constant_tsc, nonstop_tsc. */
    flags: z.array(z.string()),
  }),
  /** By file name in /sys/class/dmi/id. */
  dmi: z.record(z.string(), z.string()),
  pci: z.array(pciSchema),
  blocks: z.array(blockSchema),
  /** Physical ones only: those with a device behind them. */
  nics: z.array(nicSchema),
  clock: z.object({ current: z.string(), available: z.array(z.string()) }),
  kvm: z.object({ device: z.boolean(), nested: z.boolean() }),
  /** Class ids of the devices on Hyper-V's VMBus (/sys/bus/vmbus/devices/<device>/class_id), without braces. */
  vmbus: z.array(z.string()).default([]),
  /** Devices on the xenbus, e.g. `vbd-51712`, `vif-0`. */
  xenbus: z.array(z.string()).default([]),
  /** /sys/class/ptp/<clock>/clock_name, e.g. `KVM virtual PTP`, `hyperv`, `ena-ptp-05`. */
  ptp: z.array(z.string()).default([]),
  /** /sys/class/misc/hw_random: the source of the kernel's random generator, and those it could have. */
  entropy: z.object({ current: z.string(), available: z.array(z.string()) }).optional(),
  /** /sys/class/tty/console/active: where the kernel writes, in its order. */
  consoles: z.array(z.string()).default([]),
  memoryBytes: z.int().nonnegative().optional(),
});
export type Facts = z.output<typeof factsSchema>;
