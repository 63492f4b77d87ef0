/** What a host's hypervisor has written of a guest: `hypervisor.*`. */
import { z } from 'zod';
import { nameSchema } from '../names.ts';
import { method } from './method.ts';

/** Enough for the end of an error, and little enough for an operation's record. */
export const mostLogLines = 20;
export const mostLogBytes = 4096;

export const hypervisorMethods = {
  /** The last lines that the hypervisor wrote of this guest within so many ms; without command lines, oldest first. */
  'hypervisor.log': method(
    z.object({ guest: nameSchema, withinMs: z.int().positive() }),
    z.object({ lines: z.array(z.string()) }),
  ),
} as const;

/** In the data of an operation's problem, as `hypervisor`: the words of each host that has a part in it. */
export const hypervisorWordsSchema = z.array(
  z.object({
    host: nameSchema,
    lines: z.array(z.string()),
    /** Why it could not be asked, a sentence. */
    unasked: z.string().optional(),
  }),
);
export type HypervisorWords = z.infer<typeof hypervisorWordsSchema>;
