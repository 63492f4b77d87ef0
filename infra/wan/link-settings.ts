/** What a link between two clouds does to the frames on it. The same in both directions. */
import { z } from 'zod';

export const linkSettingsSchema = z.object({
  /** Milliseconds from one cloud to the other, one way. */
  latencyMs: z.number().min(0).max(60_000),
  /** Bytes a second that each direction carries. */
  bandwidthBps: z.number().positive(),
  /** The share of frames that never arrive, 0 to 1. */
  loss: z.number().min(0).max(1),
});
export type LinkSettings = z.infer<typeof linkSettingsSchema>;

/** Two clouds of one region's distance, and an uplink that a small VM gets. */
export const defaultLink: LinkSettings = { latencyMs: 10, bandwidthBps: 25_000_000, loss: 0 };
