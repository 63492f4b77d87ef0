/** Tickets, with which a browser opens a console: a WebSocket of a page cannot carry a token. */
import { z } from 'zod';
import { operator } from '../access.ts';
import { nameSchema } from '../names.ts';
import { byName, route } from './route.ts';

export const consoleTicketSchema = z.object({
  ticket: z.string().describe('good once'),
  guest: nameSchema,
  kind: z.enum(['serial']),
  mode: z.enum(['read', 'write']),
  expiresAt: z.iso.datetime(),
  path: z.string().describe('of the WebSocket, ticket included'),
});
export type ConsoleTicket = z.infer<typeof consoleTicketSchema>;

export const consoleRoutes = {
  'guest.console-ticket': route(
    'POST /guests/:name/console-ticket',
    201,
    'A ticket that opens a console once, within seconds',
    consoleTicketSchema,
    {
      needs: operator,
      params: byName,
      told: ['kind', 'mode'],
      body: z.object({
        kind: z.enum(['serial']).default('serial'),
        mode: z.enum(['read', 'write']).default('write').describe('read: it opens one that only watches'),
      }),
    },
  ),
} as const;
