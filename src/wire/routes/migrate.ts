/** Routes of migrations. */
import { z } from 'zod';
import { migrating, operator, viewer } from '../access.ts';
import { migrationHistorySchema } from '../migration-history.ts';
import { migrationPlanSchema } from '../migration-plan.ts';
import { nameSchema } from '../names.ts';
import { objectiveChangeSchema, objectiveWishSchema } from '../objective.ts';
import { guestSchema, operationSchema } from '../resources.ts';
import { byName, route } from './route.ts';

export const migrateRoutes = {
  'guest.migrate': route('POST /guests/:name/migrate', 202, 'Migrate a running guest', operationSchema, {
    needs: migrating,
    told: ['to', ...Object.keys(objectiveWishSchema.shape)],
    params: byName,
    body: objectiveWishSchema.extend({ to: nameSchema }),
  }),
  'guest.plan': route(
    'POST /guests/:name/migration-plan',
    200,
    'What would keep a migration back, or make it slow; nothing is touched',
    migrationPlanSchema,
    { needs: viewer, params: byName, body: objectiveWishSchema.extend({ to: nameSchema }) },
  ),
  'guest.objective': route(
    'PUT /guests/:name/objective',
    200,
    "Change what all of a guest's migrations keep to; null takes a wish back",
    guestSchema,
    {
      needs: operator,
      told: Object.keys(objectiveChangeSchema.shape),
      params: byName,
      body: objectiveChangeSchema,
    },
  ),
  'migration.history': route(
    'GET /migrations',
    200,
    'Finished migrations beside what was foretold of them, newest first',
    migrationHistorySchema,
    { needs: viewer, query: z.object({ guest: nameSchema.optional() }) },
  ),
} as const;
