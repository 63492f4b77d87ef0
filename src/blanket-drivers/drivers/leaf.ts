/** What runs this machine, by CPUID's hypervisor leaf; and the evidence of it, as every driver words it. */
import type { Facts } from '../facts.ts';

/** Names in leaf 0x40000000; QEMU's emulator has its own and cannot show another. */
export const leaves = {
  kvm: ['KVMKVMKVM', 'Linux KVM Hv'],
  tcg: ['TCGTCGTCGTCG'],
  vmware: ['VMwareVMware'],
  xen: ['XenVMMXenVMM'],
  hyperv: ['Microsoft Hv'],
} as const;

export type Hypervisor = keyof typeof leaves;
/** `own-xen`: a Xen that this Linux itself governs as dom0, so the leaf says nothing of the cloud. */
export type LeafName = Hypervisor | 'own-xen' | 'unknown' | 'none';

const dom0Uuid = '00000000-0000-0000-0000-000000000000';

/** Dom0 alone has the UUID of only zeros (Xen's hypercall interface, XENVER_guest_handle). */
export const isDom0 = ({ hypervisor }: Facts): boolean =>
  hypervisor.sysType === 'xen' && hypervisor.sysUuid === dom0Uuid;

export function leafOf(facts: Facts): LeafName {
  const { leaf, sysType } = facts.hypervisor;
  if (isDom0(facts)) return 'own-xen';
  if (leaf === undefined) return sysType === 'xen' ? 'xen' : 'none';
  for (const name of Object.keys(leaves) as Hypervisor[]) {
    if ((leaves[name] as readonly string[]).includes(leaf)) return name;
  }
  return 'unknown';
}

/** No leaf, and no CPU flag that would promise one. */
export const isBareMetal = (facts: Facts): boolean =>
  leafOf(facts) === 'none' && !facts.cpu.flags.includes('hypervisor');

export function leafEvidence(facts: Facts): string {
  const { leaf, sysType } = facts.hypervisor;
  if (isDom0(facts)) return 'this is dom0 of a Xen of its own, so the CPUID leaf says nothing of the cloud';
  if (leaf !== undefined) return `CPUID hypervisor leaf is ${leaf}`;
  if (sysType === 'xen') return '/sys/hypervisor/type is xen';
  return isBareMetal(facts)
    ? 'the CPU shows no hypervisor: bare metal'
    : 'no CPUID hypervisor leaf could be read';
}
