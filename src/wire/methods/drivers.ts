/** Recognising the cloud and fitting the host to it: `facts.*` and `driver.*`. */
import { z } from 'zod';
import { method, none } from './method.ts';

export const verdictSchema = z.object({
  driver: z.string(),
  verdict: z.enum(['found', 'maybe', 'no']),
  evidence: z.array(z.string()),
});

/** A shim's plan as `blanket-drivers/shims/shim.ts` defines it: a `shim` and its options. */
const planSchema = z.looseObject({ shim: z.string() });

/** `refused`: the cloud does not let it be done, and `detail` says what to do there; the host can do without. */
export const shimReportSchema = z.object({
  shim: z.string(),
  outcome: z.enum(['set', 'refused', 'failed']),
  detail: z.string(),
});
export type ShimReport = z.infer<typeof shimReportSchema>;

const appliedSchema = z.object({ driver: z.string(), shims: z.array(shimReportSchema) });

/** What a cloud announced: `at` is when it will happen, where it says so. */
export const noticeSchema = z.object({
  kind: z.enum(['maintenance', 'reclaim', 'reboot']),
  detail: z.string(),
  at: z.iso.datetime().optional(),
});
export type Notice = z.infer<typeof noticeSchema>;

export const driverMethods = {
  /** Facts as `blanket-drivers/facts.ts` defines them; the receiver checks them with its schema. */
  'facts.read': method(none, z.record(z.string(), z.unknown())),
  /** Changes nothing; `plan` is what `driver.apply` of the chosen one would do, in order. */
  'driver.detect': method(
    z.object({ override: z.string().optional() }),
    z.object({
      chosen: z.string(),
      why: z.string(),
      verdicts: z.array(verdictSchema),
      plan: z.array(planSchema),
    }),
  ),
  /** All of it or nothing: when a shim fails to verify, what was done is undone and `driver.not-verified` tells. */
  'driver.apply': method(z.object({ driver: z.string() }), appliedSchema),
  /** Reads back what is true of the driver that was applied last; changes nothing. */
  'driver.verify': method(none, appliedSchema),
};
