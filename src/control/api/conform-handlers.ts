/** Conformance of hosts. */
import { BlanketError } from '../../wire/errors.ts';
import { needVacant } from '../conform/admit.ts';
import { lastRecord } from '../conform/records.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';
import { needReady } from './need-ready.ts';

export const conformHandlers = (services: Services): Handlers<'host.conform' | 'host.conformance'> => ({
  'host.conform'({ params: { name }, body }) {
    needReady(services.store.hosts.get(name));
    if (body.reboot) needVacant(services, name);
    return services.operations.start('host.conform', `host/${name}`, { host: name, ...body });
  },
  'host.conformance'({ params: { name } }) {
    const record = lastRecord(services.store, name);
    if (record !== undefined) return record;
    throw new BlanketError('conformance.not-found', `${name} has not been measured yet.`, {
      kind: 'not-found',
      next: `Run \`blanket host conform ${name}\`.`,
      data: { host: name },
    });
  },
});
