/** Where a running guest is. */
import type { Client } from '../api-client/client.ts';
import { BlanketError } from '../wire/errors.ts';
import type { Guest } from '../wire/resources.ts';

export type GuestPlace = Pick<Guest, 'name' | 'uuid' | 'host'> & { address: string };

/** @throws BlanketError `guest.not-found`, `guest.not-running`, `guest.no-network` */
export async function whereIs(client: Client, name: string): Promise<GuestPlace> {
  const { uuid, host, state, nics } = await client.call('guest.show', { params: { name } });
  if (state === 'stopped' || state === 'creating') throw notRunning(name, state);
  const address = nics[0]?.address;
  if (address !== undefined) return { name, uuid, host, address };
  throw new BlanketError('guest.no-network', `Guest ${name} is in no network, so it has no address.`, {
    kind: 'blocked',
    next: `\`blanket console ${name}\` reaches it without one.`,
    data: { guest: name },
  });
}

const notRunning = (name: string, state: 'stopped' | 'creating'): BlanketError => {
  const isStopped = state === 'stopped';
  return new BlanketError(
    'guest.not-running',
    isStopped
      ? `Guest ${name} is stopped, so nothing in it answers.`
      : `Guest ${name} is still being created.`,
    {
      kind: 'conflict',
      next: isStopped
        ? `\`blanket guest start ${name}\` starts it.`
        : '`blanket op list` shows how far it is.',
      data: { guest: name, state },
    },
  );
};
