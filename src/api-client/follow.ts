/**
 * Follows an operation to its end by long polling: each question names the version seen last and waits for a
 * newer one. Operations survive control, so a restart in between is waited for and not an error.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../wire/errors.ts';
import type { Operation } from '../wire/resources.ts';
import type { Client } from './client.ts';
import { isAway } from './exchange.ts';

export type FollowOptions = {
  onChange?: (operation: Operation) => void;
  /** Told when control goes away and when it is back. */
  onConnection?: (state: 'lost' | 'back') => void;
  signal?: AbortSignal;
  /** How long control may stay away, in ms. Default 60,000. */
  reconnectMs?: number;
  /** How long one question waits, in ms. Default 25,000. */
  waitMs?: number;
};

/**
 * Resolves with the operation once it is no longer `running`, whatever became of it.
 * @throws BlanketError `operation.lost-sight` when control stays away, else what `call` throws.
 */
export async function followOperation(
  client: Client,
  id: string,
  options: FollowOptions = {},
): Promise<Operation> {
  let last: Operation | undefined;
  for (;;) {
    const operation = await ask(client, id, last?.version, options);
    if (operation.version === last?.version && operation.state === 'running') continue;
    last = operation;
    options.onChange?.(operation);
    if (operation.state !== 'running') return operation;
  }
}

/** One answered question, over as many connections as it takes. */
async function ask(client: Client, id: string, since: number | undefined, options: FollowOptions) {
  const { waitMs = 25_000, reconnectMs = 60_000, signal } = options;
  let lostAt: number | undefined;
  for (;;) {
    const asked = Date.now();
    try {
      const query = { waitMs, ...(since !== undefined && { since }) };
      const call = { timeoutMs: waitMs + 15_000, signal };
      const operation = await client.call('op.show', { params: { id }, query }, call);
      if (lostAt !== undefined) options.onConnection?.('back');
      if (operation.version === since && Date.now() - asked < 200) await pause(200, signal);
      return operation;
    } catch (error) {
      if (!isAway(error)) throw error;
      if (lostAt === undefined) options.onConnection?.('lost');
      lostAt ??= asked;
      if (Date.now() - lostAt > reconnectMs) throw lostSight(id, error);
      await pause(500, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new BlanketError('client.aborted', 'The wait was given up.', { kind: 'cancelled', cause });
  }
}

const lostSight = (id: string, cause: unknown): BlanketError =>
  new BlanketError('operation.lost-sight', `Control went away while operation ${id} was being watched.`, {
    next: `Operations survive control: \`blanket op watch ${id}\` starts it and takes the watch up again.`,
    data: { operation: id },
    cause,
  });
