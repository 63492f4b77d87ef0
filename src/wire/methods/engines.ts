/** Engines: which work here, how well, and what CPU they can show: `engine.*`. */
import { z } from 'zod';
import { engineCpuSchema } from '../cpu.ts';
import { engineSchema } from '../names.ts';
import { method } from './method.ts';

export const probeSchema = z.object({
  engine: engineSchema,
  usable: z.boolean(),
  /** Time to the probe guest's first line in userspace. */
  bootMs: z.number().optional(),
  /** A fixed loop of arithmetic in the probe guest. */
  cpuMs: z.number().optional(),
  /** A fixed amount of memory written and read there. */
  memoryMs: z.number().optional(),
  /** Accesses a second to a device that the hypervisor plays: what leaving the guest costs. */
  exitsPerSecond: z.number().optional(),
  /** Higher is better. */
  score: z.number().optional(),
  /** Why it cannot be used, a full sentence. */
  reason: z.string().optional(),
  /** The probe guest's last console lines. */
  console: z.string().optional(),
});
export type EngineProbe = z.infer<typeof probeSchema>;

/** What a probe's outcome depends on: it is repeated when this changes. */
export const machineSchema = z.object({ kernel: z.string(), cpu: z.string(), hypervisor: z.string() });
export type Machine = z.infer<typeof machineSchema>;

/** What the engines of a host showed when they were last proven. */
export const proofSchema = z.object({
  at: z.iso.datetime(),
  /** `null`: none was usable. */
  chosen: engineSchema.nullable(),
  why: z.string(),
  probes: z.array(probeSchema),
  /** On which this was true. */
  machine: machineSchema,
});
export type Proof = z.infer<typeof proofSchema>;

export const engineMethods = {
  'engine.probe': method(
    z.object({ timeoutMs: z.int().positive() }),
    z.object({
      chosen: engineSchema,
      why: z.string(),
      probes: z.array(probeSchema),
      machine: machineSchema,
    }),
  ),
  /** What this host's engine can show a guest. */
  'engine.cpu': method(z.object({ engine: engineSchema }), engineCpuSchema),
};
