/** A guest as hosts know it. Sizes in bytes where not said otherwise. */
import { z } from 'zod';
import { guestCpuSchema } from './cpu.ts';
import { disksSchema } from './disk.ts';
import { digestSchema, engineSchema, macSchema, nameSchema } from './names.ts';
import { guestMetadataSchema, noMetadata } from './network.ts';

const bytes = z.int().nonnegative();

/** What a guest is, the same on every host: the agent makes the domain's XML from it and nothing else. */
export const guestSpecSchema = z.object({
  name: nameSchema,
  uuid: z.uuid(),
  engine: engineSchema,
  vcpus: z.int().min(1).max(64),
  memoryMiB: z.int().min(32),
  image: digestSchema,
  diskBytes: bytes,
  /** Beside the root disk. */
  disks: disksSchema.default([]),
  nics: z.array(z.object({ mac: macSchema, network: nameSchema })),
  /** `null`: made before CPUs were pinned, and then shown the portable one by its first host. */
  cpu: guestCpuSchema.nullable().default(null),
  metadata: guestMetadataSchema.default(noMetadata),
});
export type GuestSpec = z.infer<typeof guestSpecSchema>;

export const guestStates = ['absent', 'stopped', 'running', 'paused', 'incoming'] as const;

/** One guest as this host sees it. `incoming`: a half-made copy that waits for a migration's memory. */
export const guestViewSchema = z.object({ name: z.string(), uuid: z.string(), state: z.enum(guestStates) });
