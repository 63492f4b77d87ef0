/**
 * CPUs: what a host's engine can show its guests, and what a guest was promised when it was made. Features bear
 * libvirt's names (`/usr/share/libvirt/cpu_map/x86_features.xml`), which are the same on every host.
 */
import { z } from 'zod';

/** Goes into XML as it is. */
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const features = z.array(word).describe('sorted');

export const engineCpuSchema = z.object({
  vendor: z.string(),
  /** The nearest of libvirt's models. */
  model: word,
  /** All that a guest can be shown, those of nested virtualization included. */
  features,
  /** What the model has and this engine cannot show. */
  lacks: features,
  /** What the CPU shows and gets wrong (`blanket-drivers/cpu-faults.ts`); not in `features`. */
  faulty: features,
});
export type EngineCpu = z.infer<typeof engineCpuSchema>;

/**
 * `portable`: the same few features everywhere; `baseline`: what all hosts of the engine shared when the guest was
 * made; `host`: all that its first host could show.
 */
export const cpuChoices = ['portable', 'baseline', 'host'] as const;
export type CpuChoice = (typeof cpuChoices)[number];

/** Pinned when the guest is made: a running guest cannot be shown another CPU, and a stopped one should not be. */
export const guestCpuSchema = z.object({
  choice: z.enum(cpuChoices),
  /** May run guests of its own. */
  nested: z.boolean(),
  model: word,
  /** All that it is shown. */
  features,
  /** What the model has and it is not shown. */
  disabled: features,
});
export type GuestCpu = z.infer<typeof guestCpuSchema>;

/** QEMU's oldest 64-bit model, and what libvirt says it has (`cpu_map/x86_qemu64.xml`). */
export const portableModel = 'qemu64';
const modelFeatures = [
  ...[
    'apic',
    'clflush',
    'cmov',
    'cx16',
    'cx8',
    'de',
    'fpu',
    'fxsr',
    'lm',
    'mca',
    'mce',
    'mmx',
    'msr',
    'mtrr',
    'nx',
  ],
  ...['pae', 'pat', 'pge', 'pni', 'pse', 'pse36', 'sep', 'sse', 'sse2', 'syscall', 'tsc'],
] as const;

/** What x86-64-v2 has beside that (the System V psABI's micro-architecture level). */
const v2Features = ['lahf_lm', 'popcnt', 'sse4.1', 'sse4.2', 'ssse3'] as const;

/** What makes a CPU one that can run guests: never shown unless asked for. */
export const nestedSwitches = ['svm', 'vmx'] as const;

/** What `svm` brings (CPUID 0x8000000a EDX). All that `vmx` brings begins with its name. */
const svmFeatures = new Set([
  ...[
    'npt',
    'lbrv',
    'svm-lock',
    'nrip-save',
    'tsc-scale',
    'vmcb-clean',
    'flushbyasid',
    'decodeassists',
    'pause-filter',
  ],
  ...['pfthreshold', 'avic', 'v-vmsave-vmload', 'vgif', 'vnmi', 'svme-addr-chk'],
]);

export const isNested = (feature: string): boolean =>
  feature.startsWith('vmx') || feature === 'svm' || svmFeatures.has(feature);

export const sorted = (features: Iterable<string>): string[] => [...new Set(features)].sort();

export const without = (features: readonly string[], gone: readonly string[]): string[] => {
  const set = new Set(gone);
  return features.filter((feature) => !set.has(feature));
};

/** The one CPU that every host can show: x86-64-v2 without what some host's CPU gets wrong. */
export const portableCpu = (faulty: readonly string[]): GuestCpu => ({
  choice: 'portable',
  nested: false,
  model: portableModel,
  features: sorted(without([...modelFeatures, ...v2Features], faulty)),
  disabled: sorted([...nestedSwitches, ...faulty]),
});
