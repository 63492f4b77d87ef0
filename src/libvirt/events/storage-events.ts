/** What may happen to a storage pool (virStoragePoolEventID in libvirt-storage.h). */
import { type Kind, kindsOf } from '../event-kind.ts';
import { poolMessages as messages, poolCalls } from '../procedures/storage.ts';
import type { PoolHandle } from '../wire-structures.ts';

/** virStoragePoolEventLifecycleType; `created` is said of what the pool is in, `deleted` too. */
const changes = ['defined', 'undefined', 'started', 'stopped', 'created', 'deleted'] as const;

export type StorageEvents = {
  'pool-lifecycle': { pool: PoolHandle; event: (typeof changes)[number] | 'unknown' };
  /** Its volumes were looked for anew: asked for, or after an upload. */
  'pool-refresh': { pool: PoolHandle };
};

const kind = kindsOf({
  register: poolCalls.connectStoragePoolEventRegisterAny,
  deregister: poolCalls.connectStoragePoolEventDeregisterAny,
  args: (event, { pool }) => ({ event, pool: pool as PoolHandle | undefined }),
});

export const storageEvents: { readonly [K in keyof StorageEvents]: Kind<StorageEvents[K]> } = {
  'pool-lifecycle': kind(0, messages.lifecycle, ({ pool, event }) => ({
    pool,
    event: changes[event] ?? 'unknown',
  })),
  'pool-refresh': kind(1, messages.refresh, ({ pool }) => ({ pool })),
};
