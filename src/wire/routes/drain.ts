/** Routes of a host's maintenance: its guests go away, and none comes until it is over. */
import { z } from 'zod';
import { draining, operator } from '../access.ts';
import { problemSchema } from '../errors.ts';
import { nameSchema } from '../names.ts';
import * as r from '../resources.ts';
import { byName, route } from './route.ts';

/** `waiting`: not begun; `going`: being migrated; `gone`: on another host, or removed; `stays`: still there, see `problem`. */
export const drainStates = ['waiting', 'going', 'gone', 'stays'] as const;

export const drainedGuestSchema = z.object({
  guest: nameSchema,
  state: z.enum(drainStates),
  /** Where it goes, or went; `null`: nowhere yet, or it was removed meanwhile. */
  to: nameSchema.nullable(),
  /** Its last migration. */
  operation: z.string().nullable(),
  /** Why it stays. */
  problem: problemSchema.nullable(),
});
export type DrainedGuest = z.infer<typeof drainedGuestSchema>;

/** The result of a `host.drain`, however it ended. */
export const drainResultSchema = z.object({
  host: nameSchema,
  gone: z.int(),
  stays: z.int(),
  guests: z.array(drainedGuestSchema),
  warnings: z.array(problemSchema).optional(),
});
export type DrainResult = z.infer<typeof drainResultSchema>;

export const drainRoutes = {
  'host.drain': route('POST /hosts/:name/drain', 202, 'Migrate all guests away', r.operationSchema, {
    needs: draining,
    told: ['to', 'parallel'],
    params: byName,
    body: z.object({
      to: z.array(nameSchema).min(1).optional().describe('only to these hosts; default: to any that fits'),
      parallel: z.int().min(1).max(16).default(2).describe('migrations at a time, at most'),
      stopped: z.boolean().default(false).describe('stopped guests go as well, and stay stopped'),
    }),
  }),
  'host.undrain': route('POST /hosts/:name/undrain', 200, "End a host's maintenance", r.hostSchema, {
    needs: operator,
    params: byName,
  }),
} as const;
