import test from 'ava';
import { TICKET_MS, Tickets } from '../../../src/control/console/tickets.ts';

const caller = {
  who: { kind: 'local' as const, user: 'ann', uid: 1 },
  from: 'socket',
  grant: { role: 'operator' as const, migrateOut: false, migrateIn: false },
};
const web1 = { guest: 'web1', kind: 'serial' as const };

test('a ticket is good once, for what it was asked for', (t) => {
  const tickets = new Tickets();
  const { ticket } = tickets.issue(caller, { ...web1, mode: 'read' });
  t.like(tickets.redeem(ticket, web1), { guest: 'web1', mode: 'read', caller });
  t.throws(() => tickets.redeem(ticket, web1), { code: 'access.ticket-used' });
});

test('shown for another guest it is used up, and opens nothing', (t) => {
  const tickets = new Tickets();
  const { ticket } = tickets.issue(caller, { ...web1, mode: 'write' });
  t.throws(() => tickets.redeem(ticket, { ...web1, guest: 'web2' }), { code: 'access.bad-ticket' });
  t.throws(() => tickets.redeem(ticket, web1), { code: 'access.ticket-used' });
});

test('it is over after its time, and forgotten later', (t) => {
  let now = 0;
  const tickets = new Tickets(() => now);
  const [first, second] = [1, 2].map(() => tickets.issue(caller, { ...web1, mode: 'write' }).ticket);
  now = TICKET_MS;
  t.throws(() => tickets.redeem(first ?? '', web1), { code: 'access.ticket-expired' });
  now = 3_600_000;
  tickets.issue(caller, { ...web1, mode: 'write' });
  t.throws(() => tickets.redeem(second ?? '', web1), { code: 'access.bad-ticket' });
});

test('what nobody issued is none', (t) => {
  t.throws(() => new Tickets().redeem('x', web1), { code: 'access.bad-ticket' });
});

test('those that were never used do not fill the memory', (t) => {
  const tickets = new Tickets();
  const { ticket } = tickets.issue(caller, { ...web1, mode: 'write' });
  for (let i = 0; i < 10_000; i += 1) tickets.issue(caller, { ...web1, mode: 'write' });
  t.throws(() => tickets.redeem(ticket, web1), { code: 'access.bad-ticket' });
});
