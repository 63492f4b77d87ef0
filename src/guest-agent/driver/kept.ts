/**
 * What the agent knows of the driver on its host, on disk:
 *
 *   driver.json          what was applied last, and what there was before it
 *   driver-pending.json  what is being changed right now; it is there after a crash only, and is taken back
 *
 * Settings do not outlive a boot, so what was noted of them matters only within the same one. Files do.
 */
import { z } from 'zod';
import type { HostAccess } from '../../blanket-drivers/access.ts';
import type { DoneShim } from '../../blanket-drivers/shims/apply.ts';
import { outlivesBoot, type ShimPlan } from '../../blanket-drivers/shims/shim.ts';

const names = ['nic', 'disk', 'clock', 'entropy', 'console', 'memory', 'nested', 'notices'] as const;
const planShape = z.looseObject({ shim: z.enum(names) });
const doneSchema = z.object({
  plan: z.custom<ShimPlan>((plan) => planShape.safeParse(plan).success),
  before: z.record(z.string(), z.string()),
});

export const pendingSchema = z.object({ boot: z.string(), shims: z.array(doneSchema) });
export const keptSchema = pendingSchema.extend({ driver: z.string() });
export type Kept = z.infer<typeof keptSchema>;

export const bootOf = async ({ files }: HostAccess): Promise<string> =>
  (await files.text('/proc/sys/kernel/random/boot_id')) ?? '';

/** Without what the reboot since then has put back by itself. */
export function sinceBoot(kept: { boot: string; shims: DoneShim[] }, boot: string): DoneShim[] {
  if (kept.boot === boot) return kept.shims;
  return kept.shims.map(({ plan, before }) => ({
    plan,
    before: Object.fromEntries(Object.entries(before).filter(([name]) => outlivesBoot(name))),
  }));
}

export const keyOf = (plan: ShimPlan): string => JSON.stringify(plan);

/** The first values seen are the ones to go back to. */
export function withFirstBefore(done: readonly DoneShim[], earlier: readonly DoneShim[]): DoneShim[] {
  const first = new Map(earlier.map(({ plan, before }) => [keyOf(plan), before]));
  return done.map(({ plan, before }) => ({ plan, before: { ...before, ...first.get(keyOf(plan)) } }));
}

const deviceOf = (plan: ShimPlan): string | undefined =>
  plan.shim === 'nic' || plan.shim === 'disk' ? `${plan.shim} ${plan.name}` : undefined;

/** Those whose device is gone, so that no plan made now has it. */
export function withoutDevice(earlier: readonly DoneShim[], plans: readonly ShimPlan[]): DoneShim[] {
  const there = new Set(plans.map(deviceOf));
  return earlier.filter(({ plan }) => deviceOf(plan) !== undefined && !there.has(deviceOf(plan)));
}
