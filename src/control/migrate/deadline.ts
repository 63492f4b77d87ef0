/**
 * The time that a migration may take in all, by control's clock, from when it was asked for. The agent counts what is left
 * of it from the begin of the copy by its own, so that it holds also while control is away.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';
import type { Services } from '../services.ts';
import type { MigrateState } from './state.ts';

/** What the agent gets beyond its time before control ends the copy itself. */
const GRACE_MS = 30_000;

/** ms, at least 1; `undefined` without a limit. */
export function leftOfTotal({ store }: Services, { operation, objective }: MigrateState): number | undefined {
  const { maxTotalMs } = objective;
  if (maxTotalMs === undefined) return undefined;
  const since = Date.now() - Date.parse(store.operations.get(operation).createdAt);
  return Math.max(1, maxTotalMs - since);
}

const missed = ({ guest, objective }: MigrateState, what: string): BlanketError =>
  new BlanketError('migrate.objective-missed', `${guest}: ${what} after ${objective.maxTotalMs} ms.`, {
    kind: 'rolled-back',
    next: 'It runs on where it was. Allow more time with --max-total.',
    data: { guest, maxTotalMs: objective.maxTotalMs },
  });

/**
 * Work before the guest is touched, as long as there is time. What is paused when the time is over may yet go on.
 * @throws BlanketError `migrate.objective-missed`; the work itself goes on unheard.
 */
export async function withinTotal<T>(services: Services, state: MigrateState, work: Promise<T>): Promise<T> {
  const left = leftOfTotal(services, state);
  if (left === undefined || state.objective.onTimeout !== 'abort') return work;
  const done = new AbortController();
  const over = sleep(left, undefined, { signal: done.signal }).then(() => {
    throw missed(state, 'its destination was not ready');
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    done.abort();
  }
}

/**
 * Aborts with the error when the agent has not ended the copy by itself; `stop` takes the timer back.
 * Without a limit it never does.
 */
export function copyDeadline(services: Services, state: MigrateState): { signal: AbortSignal; stop(): void } {
  const over = new AbortController();
  const left = leftOfTotal(services, state);
  if (left === undefined || state.objective.onTimeout !== 'abort') {
    return { signal: over.signal, stop: () => undefined };
  }
  const end = () => over.abort(missed(state, 'its copy was not over'));
  const timer = setTimeout(end, Math.min(left + GRACE_MS, 2 ** 31 - 1));
  return { signal: over.signal, stop: () => clearTimeout(timer) };
}
