/** Maintenance of hosts. */
import { BlanketError } from '../../wire/errors.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';
import { needReady } from './need-ready.ts';
import { hostView } from './views.ts';

export const drainHandlers = ({ store, operations }: Services): Handlers<'host.drain' | 'host.undrain'> => ({
  'host.drain'({ params: { name: host }, body: { to, parallel, stopped } }) {
    needReady(store.hosts.get(host));
    for (const other of to ?? []) store.hosts.get(other);
    if (to?.includes(host)) throw toItself(host);
    return store.transaction(() => {
      store.hosts.update(host, { maintenance: true });
      return operations.start('host.drain', `host/${host}`, {
        host,
        parallel,
        guests: [],
        ...(to && { to }),
        ...(stopped && { stopped }),
      });
    });
  },
  'host.undrain'({ params: { name } }) {
    operations.needIdle(`host/${name}`);
    return hostView(store, store.hosts.update(name, { maintenance: false }));
  },
});

const toItself = (host: string): BlanketError =>
  new BlanketError('drain.same-host', `${host} cannot be drained to itself.`, {
    kind: 'usage',
    next: 'Name other hosts with --to, or none for any that fits.',
  });
