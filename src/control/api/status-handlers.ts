/** Control itself, and its operations. */
import { version } from '../../wire/version.ts';
import { detours } from '../network/tunnels.ts';
import type { Services } from '../services.ts';
import type { Handlers } from './handlers.ts';

const startedAt = new Date().toISOString();

export const statusHandlers = ({
  store,
  operations,
  paths,
}: Services): Handlers<'status' | 'op.list' | 'op.show' | 'op.cancel'> => ({
  status: () => ({
    version,
    pid: process.pid,
    startedAt,
    state: paths.state,
    clouds: store.clouds.list().length,
    hosts: store.hosts.list().length,
    guests: store.guests.list().length,
    operationsRunning: operations.list().filter(({ state }) => state === 'running').length,
    detours: detours(store),
  }),
  'op.list': () => operations.list(),
  'op.show': ({ params: { id }, query: { since, waitMs } }) =>
    since === undefined ? operations.show(id) : operations.wait(id, since, waitMs),
  'op.cancel': ({ params: { id } }) => operations.cancel(id),
});
