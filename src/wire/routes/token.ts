/** Routes of the tokens with which control is used from elsewhere. */
import { z } from 'zod';
import { admin, roleSchema } from '../access.ts';
import { nameSchema } from '../names.ts';
import { byName, route } from './route.ts';

const time = z.iso.datetime();

export const tokenSchema = z.object({
  name: nameSchema,
  /** The part of the token that is no secret. */
  id: z.string(),
  role: roleSchema,
  migrateOut: z.boolean(),
  migrateIn: z.boolean(),
  createdAt: time,
  expiresAt: time,
  revokedAt: time.nullable(),
});
export type Token = z.infer<typeof tokenSchema>;

const yearMs = 366 * 86_400_000;

export const tokenRoutes = {
  'token.list': route('GET /tokens', 200, 'Tokens, without their secrets', z.array(tokenSchema), {
    needs: admin,
  }),
  'token.create': route(
    'POST /tokens',
    201,
    'Make a token; it is in this answer and nowhere else',
    tokenSchema.extend({ token: z.string() }),
    {
      needs: admin,
      told: ['name', 'role', 'migrateOut', 'migrateIn', 'validMs'],
      body: z.object({
        name: nameSchema,
        role: roleSchema,
        migrateOut: z.boolean().default(false).describe('it may take guests from hosts; an admin always may'),
        migrateIn: z.boolean().default(false).describe('it may bring guests to hosts; an admin always may'),
        validMs: z.int().min(1000).max(yearMs).describe('how long it is good'),
      }),
    },
  ),
  'token.revoke': route('POST /tokens/:name/revoke', 200, 'End a token for good', tokenSchema, {
    needs: admin,
    params: byName,
  }),
} as const;
