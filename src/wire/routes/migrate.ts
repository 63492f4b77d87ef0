/** Routes of migrations. */
import { z } from 'zod';
import { nameSchema } from '../names.ts';
import { operationSchema } from '../resources.ts';
import { byName, route } from './route.ts';

export const migrateRoutes = {
  'guest.migrate': route('POST /guests/:name/migrate', 202, 'Migrate a running guest', operationSchema, {
    params: byName,
    body: z.object({
      to: nameSchema,
      maxDowntimeMs: z.int().min(1).max(600_000).default(500),
      bandwidthBps: z.int().positive().optional().describe('bytes a second; no limit when absent'),
    }),
  }),
} as const;
