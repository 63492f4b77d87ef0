/** Tickets for consoles. */
import { consoleRoute } from '../../wire/api.ts';
import type { Caller } from '../access/gate.ts';
import type { Tickets } from '../console/tickets.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';

export type ConsoleAccess = { tickets: Tickets; callerOf: (request: object) => Caller };

export const consoleHandlers = (
  { store }: Services,
  { tickets, callerOf }: ConsoleAccess,
): Handlers<'guest.console-ticket'> => ({
  'guest.console-ticket'(request) {
    const { kind, mode } = request.body;
    const guest = store.guests.get(request.params.name).name;
    const { ticket, expiresAt } = tickets.issue(callerOf(request), { guest, kind, mode });
    return {
      ...{ ticket, guest, kind, mode },
      expiresAt: new Date(expiresAt).toISOString(),
      path: `${consoleRoute(guest)}?ticket=${ticket}`,
    };
  },
});
