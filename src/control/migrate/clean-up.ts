/**
 * What an ended migration left on a host that was away when it was undone: a half-made copy, which the agent there removes once
 * the host is back. The agent removes nothing that runs, and nothing of a guest that has got the name since.
 */
import { BlanketError } from '../../wire/errors.ts';
import type { Services } from '../services.ts';
import type { OperationRecord } from '../store/records.ts';
import { CALL_TIMEOUT_MS, isGone } from './calls.ts';
import type { MigrateState } from './state.ts';

const leftBehind = ({ flowState }: OperationRecord): string | undefined => {
  const { leftBehind: host } = flowState as Pick<MigrateState, 'leftBehind'>;
  return host ?? undefined;
};

/**
 * Nothing is done where nothing was left, so it may be asked twice.
 * @throws BlanketError `operation.running`, `migrate.running-here`, and while the host cannot be reached
 */
export async function cleanUp(services: Services, id: string): Promise<void> {
  const { store, agents, log } = services;
  const record = store.operations.get(id);
  if (record.state === 'running') {
    throw new BlanketError('operation.running', `The operation ${id} has not ended.`, {
      kind: 'conflict',
      next: `Watch it with \`blanket op watch ${id}\`.`,
    });
  }
  const host = leftBehind(record);
  if (host === undefined) return;
  const { guest, lease } = record.flowState as MigrateState;
  const now = store.guests.find(guest);
  // A guest that lives there by now has come by a later migration, which removed what was in its way.
  if (now?.host !== host) {
    const params = { operation: id, guest, lease: now?.lease ?? lease };
    const discard = agents.call(host, 'migrate.discard', params, { timeoutMs: CALL_TIMEOUT_MS });
    await discard.catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  }
  log.info({ operation: id, host, guest }, 'what was left behind is removed');
  const { flowState } = store.operations.get(id);
  store.operations.update(id, { flowState: { ...flowState, leftBehind: null } });
}

/** All that migrations left on this host. What fails is logged, and tried again when the host is looked at next. */
export async function cleanUpAt(services: Services, host: string): Promise<void> {
  const { store, log } = services;
  const left = store.operations
    .where({ kind: 'guest.migrate' })
    .filter((record) => record.state !== 'running' && leftBehind(record) === host);
  for (const { id } of left) {
    await cleanUp(services, id).catch((error: unknown) =>
      log.warn({ operation: id, host, err: error }, 'what was left behind is still there'),
    );
  }
}
