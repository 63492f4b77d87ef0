/** Control itself, and its operations. */
import { version } from '../../wire/version.ts';
import { cleanUp } from '../migrate/clean-up.ts';
import { detours } from '../network/tunnels.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';
import { listed } from './listing.ts';

const startedAt = new Date().toISOString();

type Names = 'status' | 'op.list' | 'op.show' | 'op.cancel' | 'op.resume' | 'op.cleanup';

export const statusHandlers = (services: Services): Handlers<Names> => ({
  ...operationHandlers(services),
  status: () => statusOf(services),
});

const statusOf = ({ store, operations, paths }: Services) => ({
  version,
  pid: process.pid,
  startedAt,
  state: paths.state,
  clouds: store.clouds.list().length,
  hosts: store.hosts.list().length,
  guests: store.guests.list().length,
  operationsRunning: operations.list().filter(({ state }) => state === 'running').length,
  detours: detours(store),
});

const operationHandlers = (services: Services): Handlers<Exclude<Names, 'status'>> => {
  const { operations } = services;
  return {
    'op.list': ({ query }) => listed(operations.list(), 'id', query),
    'op.show': ({ params: { id }, query: { since, waitMs } }) =>
      since === undefined ? operations.show(id) : operations.wait(id, since, waitMs),
    'op.cancel': ({ params: { id } }) => operations.cancel(id),
    'op.resume': ({ params: { id } }) => operations.resume(id),
    async 'op.cleanup'({ params: { id } }) {
      await cleanUp(services, id);
      return operations.show(id);
    },
  };
};
