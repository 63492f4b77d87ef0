/** Whether a host may be rebooted now. */
import { BlanketError } from '../../wire/errors.ts';
import type { Services } from '../services.ts';

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
