/** Runs a plan: the shim that each item names, in order, each with its own report. */
import type { HostAccess } from '../access.ts';
import { clock } from './clock.ts';
import { disk } from './disk.ts';
import { nested } from './nested.ts';
import { nic } from './nic.ts';
import type { Before, Report, Shim, ShimPlan } from './shim.ts';

type Operation = {
  do(): Promise<Before>;
  undo(before: Before): Promise<void>;
  verify(): Promise<Report>;
};

function operationOf(plan: ShimPlan, host: HostAccess): Operation {
  const bind = <P extends ShimPlan>(shim: Shim<P>, item: P): Operation => ({
    do: () => shim.do(item, host),
    undo: (before) => shim.undo(item, before, host),
    verify: () => shim.verify(item, host),
  });
  switch (plan.shim) {
    case 'nic':
      return bind(nic, plan);
    case 'disk':
      return bind(disk, plan);
    case 'clock':
      return bind(clock, plan);
    case 'nested':
      return bind(nested, plan);
    default:
      throw new Error(`The shim ${plan.shim} is not made yet.`);
  }
}

export const verifyShim = (plan: ShimPlan, host: HostAccess): Promise<Report> =>
  operationOf(plan, host).verify();

export type AppliedShim = { plan: ShimPlan; before: Before; report: Report };

/** Never rejects for a shim's failure: that shim's report says what went wrong, and the others still run. */
export async function applyPlan(plans: readonly ShimPlan[], host: HostAccess): Promise<AppliedShim[]> {
  const applied: AppliedShim[] = [];
  for (const plan of plans) {
    const operation = operationOf(plan, host);
    try {
      const before = await operation.do();
      applied.push({ plan, before, report: await operation.verify() });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      applied.push({ plan, before: {}, report: { outcome: 'failed', detail } });
    }
  }
  return applied;
}

/** Takes a plan back, last shim first. */
export async function undoPlan(
  applied: readonly Pick<AppliedShim, 'plan' | 'before'>[],
  host: HostAccess,
): Promise<void> {
  for (const { plan, before } of [...applied].reverse()) await operationOf(plan, host).undo(before);
}
