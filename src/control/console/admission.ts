/** Who opens which console, and how: from the head of an upgrade request alone. */
import type { IncomingMessage } from 'node:http';
import { operator } from '../../wire/access.ts';
import { consoleRoute } from '../../wire/api.ts';
import { type ConsoleQuery, consoleQuerySchema } from '../../wire/console.ts';
import { BlanketError } from '../../wire/errors.ts';
import { nameSchema } from '../../wire/names.ts';
import type { Caller, Gate } from '../access/gate.ts';

export type Visit = { guest: string; caller: Caller; query: ConsoleQuery };

const pattern = new RegExp(`^${consoleRoute('([^/]+)')}$`);

/**
 * A ticket in the address stands for the token of who asked for it; it may lessen what is asked for, never widen it.
 * @throws BlanketError `api.no-route`, `api.bad-request`, what the gate says, and what a ticket says
 */
export function admitVisit(gate: Gate, request: IncomingMessage): Visit {
  const [path = '', search = ''] = (request.url ?? '').split('?', 2);
  const given = new URLSearchParams(search);
  const ticket = given.get('ticket');
  const guest = nameSchema.safeParse(pattern.exec(path)?.[1]).data;
  if (ticket !== null && guest !== undefined) return admitByTicket(gate, request, guest, ticket, given);
  const caller = gate.admit(request);
  if (guest === undefined) throw noConsole(path);
  const query = queryOf(given);
  gate.need(caller, operator, 'guest.console');
  return noted(gate, { guest, caller, query });
}

function admitByTicket(
  gate: Gate,
  request: IncomingMessage,
  guest: string,
  ticket: string,
  given: URLSearchParams,
): Visit {
  const { caller, mode } = gate.admitTicket(request, () =>
    gate.tickets.redeem(ticket, { guest, kind: 'serial' }),
  );
  const query = queryOf(given);
  return noted(gate, { guest, caller, query: mode === 'read' ? { ...query, mode } : query });
}

/** Whoever writes at a console changes the guest, in ways that control does not see. */
function noted(gate: Gate, visit: Visit): Visit {
  gate.note(visit.caller, 'guest.console', { name: visit.guest });
  return visit;
}

function queryOf(given: URLSearchParams): ConsoleQuery {
  const query = consoleQuerySchema.safeParse(Object.fromEntries(given));
  if (query.success) return query.data;
  const fields = [...new Set(query.error.issues.map(({ path }) => path.join('.')))];
  throw new BlanketError(
    'api.bad-request',
    `The address of the console is not valid: ${fields.join(', ')}.`,
    {
      kind: 'usage',
      next: 'docs/console.md tells what it may say.',
      data: { part: 'query', fields },
    },
  );
}

const noConsole = (path: string): BlanketError =>
  new BlanketError('api.no-route', `There is no WebSocket at ${path}.`, {
    kind: 'not-found',
    next: `A guest's console is at ${consoleRoute('NAME')}.`,
  });
