/** A host in maintenance: what is on it may leave, and nothing comes. */
import { BlanketError } from '../../wire/errors.ts';
import type { Store } from '../store/store.ts';

/** For what brings a guest to a host, or lets one run there. @throws BlanketError `host.in-maintenance` */
export function refuseMaintenance({ hosts }: Pick<Store, 'hosts'>, host: string): void {
  if (!hosts.get(host).maintenance) return;
  throw new BlanketError(
    'host.in-maintenance',
    `${host} is in maintenance: no guest may come or start there.`,
    {
      kind: 'blocked',
      next: `Choose another host, or end the maintenance with \`blanket host undrain ${host}\`.`,
      data: { host },
    },
  );
}
