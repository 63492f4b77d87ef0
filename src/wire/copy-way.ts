/** How a guest's memory is copied: what both hypervisors must be told before the copy begins. */
import { z } from 'zod';

export const compressions = ['none', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

export const copyWaySchema = z.object({
  /** The guest is paused while its memory goes; its disk goes before that, while it runs. */
  suspended: z.boolean().default(false),
  /** The hypervisor slows the guest down when its memory is written faster than it goes. */
  autoConverge: z.boolean().default(false),
  /** Side by side, for the memory. */
  connections: z.int().min(1).max(16).default(1),
  /** The guest may go over before its memory; see docs/decisions/post-copy.md. */
  postcopy: z.boolean().optional(),
  /** Of the memory; disks go as they are. */
  compression: z.enum(compressions).default('none'),
});
export type CopyWay = z.infer<typeof copyWaySchema>;

export const plainWay: CopyWay = copyWaySchema.parse({});
