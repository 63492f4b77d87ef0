/** What is foretold of a migration. Times are ms, amounts bytes. */
import { z } from 'zod';

/** Chance that the truth lies from `low` to `high`. */
export const confidence = 0.8;

export const rangeSchema = z.object({ low: z.number(), likely: z.number(), high: z.number() });
export type Range = z.infer<typeof rangeSchema>;

export const predictionSchema = z.object({
  confidence: z.number(),
  /** What is left to send comes to be little enough for the downtime that is allowed. */
  converges: z.boolean(),
  /** Why not, or what it takes, a full sentence; `null`: nothing to say. */
  why: z.string().nullable(),
  /** `null`, each: it does not converge, so there is no end to foretell. */
  totalMs: rangeSchema.nullable(),
  downtimeMs: rangeSchema.nullable(),
  rounds: rangeSchema.nullable(),
  /** Memory sent, what was sent again included. */
  memoryBytes: rangeSchema.nullable(),
  /** Disk and image sent. */
  diskBytes: rangeSchema,
  /** Earlier migrations between the two hosts that it leans on. */
  earlier: z.int().nonnegative(),
});
export type Prediction = z.infer<typeof predictionSchema>;
