/** Evidence about CPUID's hypervisor leaf, as every driver words it. */
import type { Facts } from '../facts.ts';

/** Names in leaf 0x40000000; QEMU's emulator has its own and cannot show another. */
export const leaves = {
  kvm: ['KVMKVMKVM', 'Linux KVM Hv'],
  tcg: ['TCGTCGTCGTCG'],
  vmware: ['VMwareVMware'],
  xen: ['XenVMMXenVMM'],
  hyperv: ['Microsoft Hv'],
} as const;

export type LeafName = keyof typeof leaves | 'unknown' | 'none';

export function leafOf(facts: Facts): LeafName {
  const { leaf } = facts.hypervisor;
  if (leaf === undefined) return 'none';
  for (const name of Object.keys(leaves) as (keyof typeof leaves)[]) {
    if ((leaves[name] as readonly string[]).includes(leaf)) return name;
  }
  return 'unknown';
}

export const leafEvidence = (facts: Facts): string =>
  facts.hypervisor.leaf === undefined
    ? 'no CPUID hypervisor leaf could be read'
    : `CPUID hypervisor leaf is ${facts.hypervisor.leaf}`;
