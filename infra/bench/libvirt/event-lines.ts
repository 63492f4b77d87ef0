/** What the listener tells the bench, a line of JSON at a time. */
import { z } from 'zod';

const listenerLineSchema = z.object({
  /** Events until now. */
  seen: z.int().min(0),
  rssBytes: z.int().positive(),
  /** The heap in use, and what is held outside of it (buffers). */
  heapBytes: z.int().positive(),
  /** The most that was ever resident, before garbage was gone too. */
  peakRssBytes: z.int().positive(),
});
export type ListenerLine = z.output<typeof listenerLineSchema>;

/** @throws ZodError, SyntaxError when the line is no listener's. */
export const readListenerLine = (line: string): ListenerLine => listenerLineSchema.parse(JSON.parse(line));
