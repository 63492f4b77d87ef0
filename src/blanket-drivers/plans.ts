/** Plans that drivers share: facts in, shims to apply out. */
import type { Facts } from './facts.ts';
import type { DiskPlan, NestedPlan, NicPlan, ShimPlan } from './shims/shim.ts';

/** Long enough to absorb a migration's bursts into a tunnel on one queue. */
const queueLength = 2000;

export const nicPlans = (facts: Facts, extra: Omit<NicPlan, 'shim' | 'name' | 'queueLength'>): NicPlan[] =>
  facts.nics.map(({ name }) => ({ shim: 'nic', name, queueLength, ...extra }));

export const diskPlans = (facts: Facts, extra: Omit<DiskPlan, 'shim' | 'name'>): DiskPlan[] =>
  facts.blocks.map(({ name }) => ({ shim: 'disk', name, ...extra }));

/** The first that the kernel offers is taken. */
export const clockPlan = (prefer: string[]): ShimPlan => ({ shim: 'clock', prefer });

export function nestedPlan({ cpu }: Facts): NestedPlan {
  if (cpu.flags.includes('vmx')) return { shim: 'nested', module: 'kvm_intel' };
  if (cpu.flags.includes('svm')) return { shim: 'nested', module: 'kvm_amd' };
  return { shim: 'nested' };
}
