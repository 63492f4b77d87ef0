/** What a plan chose of the copy's way, where nobody asked for anything else. */
import { z } from 'zod';
import { compressions } from './copy-way.ts';

export const copyChoiceSchema = z.object({
  compression: z.enum(compressions),
  connections: z.int().min(1).max(16),
  /** Why so, full sentences. */
  why: z.string(),
});
export type CopyChoice = z.infer<typeof copyChoiceSchema>;
