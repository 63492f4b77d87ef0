/** Guests that would be lost with a host. */
import { BlanketError } from '../../wire/errors.ts';
import { journeysOf } from '../network/journeys.ts';
import type { Store } from '../store/store.ts';

type Records = Pick<Store, 'guests' | 'operations'>;

/** Names. `perhaps`: on their way to it, going back from it, or nobody knows whether they came to run there. */
export function guestsAt(store: Records, host: string): { on: string[]; perhaps: string[] } {
  const on = store.guests
    .list()
    .filter((guest) => guest.host === host)
    .map(({ name }) => name);
  const open = [...journeysOf(store)].filter(([, { destination }]) => destination === host);
  const moving = store.operations
    .where({ kind: 'guest.migrate', state: 'running' })
    .filter(({ flowState: { destination } }) => destination === host)
    .map(({ flowState: { guest } }) => String(guest));
  const perhaps = new Set([...open.map(([guest]) => guest), ...moving]);
  return { on, perhaps: [...perhaps].filter((guest) => !on.includes(guest)) };
}

/** Before a machine is destroyed that should carry nothing yet. @throws BlanketError `host.in-use`, kind `attention` */
export function needEmpty(store: Records, host: string): void {
  const { on, perhaps } = guestsAt(store, host);
  const guests = [...on, ...perhaps];
  if (guests.length === 0) return;
  const message = `${host} is kept as it is, for guests are on it or may be: ${guests.join(', ')}.`;
  throw new BlanketError('host.in-use', message, {
    kind: 'attention',
    next: `Migrate them to another host, or remove them; then \`blanket host remove ${host}\`.`,
    data: { host, guests },
  });
}
