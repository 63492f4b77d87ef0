/** Whether a host may be rebooted now, and whether guests may come to it. */
import { BlanketError } from '../../wire/errors.ts';
import type { Services } from '../services.ts';
import type { Store } from '../store/store.ts';

/** What a reboot would end. @throws BlanketError `conform.host-in-use` */
export function needVacant({ store, operations }: Services, host: string, own?: string): void {
  const guests = store.guests.list().filter((guest) => guest.host === host);
  const [other] = operations.using(host).filter(({ id }) => id !== own);
  if (guests.length === 0 && other === undefined) return;
  const names = guests.map(({ name }) => name);
  const why =
    names.length > 0 ? `its guests would be lost (${names.join(', ')})` : `${other?.id} is under way`;
  throw new BlanketError('conform.host-in-use', `${host} cannot be rebooted: ${why}.`, {
    kind: 'blocked',
    next: 'Migrate its guests to another host first, or measure it as it is with --no-reboot.',
    data: { host, guests: names, ...(other && { operation: other.id }) },
  });
}

/**
 * For what brings a guest to a host: one that is about to reboot would lose it. Free again once it is back.
 * @throws BlanketError `host.in-use`
 */
export function refuseRebooting({ operations }: Pick<Store, 'operations'>, host: string): void {
  const rebooting = operations
    .where({ kind: 'host.conform', state: 'running' })
    .find(({ flowState }) => flowState.host === host && flowState.reboot && flowState.rebootMs === undefined);
  if (rebooting === undefined) return;
  throw new BlanketError('host.in-use', `${host} is being measured, and will be rebooted.`, {
    kind: 'conflict',
    next: `Wait until it has ended: \`blanket op watch ${rebooting.id}\`.`,
    data: { host, operation: rebooting.id },
  });
}
