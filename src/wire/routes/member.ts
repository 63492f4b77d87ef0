/** Routes of the marks by which `blanket apply` knows what it made: a thing belongs to the fleet that claimed it, or to none. */
import { z } from 'zod';
import { admin, viewer } from '../access.ts';
import { nameSchema } from '../names.ts';
import { route } from './route.ts';

export const memberKinds = ['cloud', 'image', 'network', 'host', 'guest'] as const;
export type MemberKind = (typeof memberKinds)[number];
const kindSchema = z.enum(memberKinds);

export const memberSchema = z.object({
  kind: kindSchema,
  name: nameSchema,
  fleet: nameSchema.describe('the fleet whose files it was made from'),
});
export type Member = z.infer<typeof memberSchema>;

export const memberRoutes = {
  'fleet.members': route(
    'GET /fleet/members',
    200,
    'What belongs to a fleet that files describe',
    z.array(memberSchema),
    { needs: viewer },
  ),
  // a mark is what lets `apply --prune` remove a thing, hosts and clouds among them: it takes the right to do so
  'fleet.claim': route(
    'PUT /fleet/members/:kind/:name',
    200,
    'Say to which fleet a thing belongs',
    memberSchema,
    {
      needs: admin,
      told: ['fleet'],
      params: z.object({ kind: kindSchema, name: nameSchema }),
      body: memberSchema.pick({ fleet: true }),
    },
  ),
} as const;
