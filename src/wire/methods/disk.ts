/** The disks of a guest that is there already. */
import { z } from 'zod';
import { disksSchema, diskTargets, rootTarget } from '../disk.ts';
import { nameSchema } from '../names.ts';
import { method, none } from './method.ts';

const bytes = z.int().nonnegative();

/** The root disk is named `root`. `bytes`: what the guest sees; `allocated`: what it takes on the host. */
export const heldDiskSchema = z.object({
  name: z.string(),
  target: z.enum([rootTarget, ...diskTargets]),
  bytes,
  allocated: bytes,
});
export type HeldDisk = z.infer<typeof heldDiskSchema>;

export const diskMethods = {
  /** All that the guest has here, the root disk first. */
  'disk.list': method(z.object({ name: nameSchema }), z.object({ disks: z.array(heldDiskSchema) })),
  /**
   * Gives the guest these disks and no others: what is missing is made, what is named no more is deleted, what is to be
   * larger grows. Repeating it changes nothing. While the guest runs it can only grow them.
   * `diskBytes` is the size of the root disk.
   */
  'disk.set': method(z.object({ name: nameSchema, diskBytes: bytes, disks: disksSchema }), none),
} as const;
