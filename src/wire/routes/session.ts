/** A browser's way in: a ticket from the command line, or a token, becomes a session, which a cookie carries (docs/web.md). */
import { z } from 'zod';
import { admin, roleSchema, viewer } from '../access.ts';
import { whoSchema } from '../audit.ts';
import { none, route } from './route.ts';

const time = z.iso.datetime();

export const sessionSchema = z.object({
  who: whoSchema,
  role: roleSchema,
  migrateOut: z.boolean(),
  migrateIn: z.boolean(),
  /** `null`: this request has no session, but a token or the socket. */
  expiresAt: time.nullable(),
});
export type Session = z.infer<typeof sessionSchema>;

export const sessionRoutes = {
  'session.ticket': route(
    'POST /session-tickets',
    201,
    'Open the web console on a loopback port; the address lets one browser in, once',
    z.object({ url: z.url().describe('with the ticket behind #, which is sent to no server'), expiresAt: time }),
    { needs: admin },
  ),
  'session.open': route(
    'POST /session',
    201,
    'Turn the token or ticket of this request into a session; the answer sets its cookie',
    sessionSchema,
    { needs: viewer },
  ),
  'session.show': route('GET /session', 200, 'Who asks, and what that one may do', sessionSchema, {
    needs: viewer,
  }),
  'session.close': route('DELETE /session', 204, 'End the session of this request', none, { needs: viewer }),
} as const;
