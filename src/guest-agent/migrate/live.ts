/**
 * What of a migration lives only as long as the agent: its connection to the hypervisor, and its calls under way. A call
 * that is asked for again while it runs is joined, so control may come back after losing its connection.
 */
import type { AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { MigrationSide } from '../engines/engine.ts';
import type { Call } from '../handlers.ts';
import type { MigrationId } from './record.ts';

type Running = { result: Promise<unknown>; listeners: Set<Call['progress']> };

export type Live = {
  sides: Map<string, MigrationSide>;
  running: Map<string, Running>;
  /** Operations whose copy is to stop. */
  cancelled: Set<string>;
  /** What finish gave, by operation: the record may not have been written. */
  finished: Map<string, AgentResult<'migrate.finish'>>;
  /** By operation: what ends the offers of a stopped guest's disks, and what ends fetching or reading them. */
  offers: Map<string, (() => void)[]>;
  coldWork: Map<string, Set<AbortController>>;
};

export const newLive = (): Live => ({
  sides: new Map(),
  running: new Map(),
  cancelled: new Set(),
  finished: new Map(),
  offers: new Map(),
  coldWork: new Map(),
});

/** The open side of a migration; `undefined` when this agent does not hold it, or libvirt dropped it. */
export function sideOf(live: Live, operation: string): MigrationSide | undefined {
  const side = live.sides.get(operation);
  if (side === undefined || side.isOpen()) return side;
  live.sides.delete(operation);
  return undefined;
}

/** @throws BlanketError `migrate.interrupted` when libvirt has cleaned this side up meanwhile. */
export function needSide(live: Live, { operation, guest }: MigrationId): MigrationSide {
  const side = sideOf(live, operation);
  if (side !== undefined) return side;
  throw new BlanketError(
    'migrate.interrupted',
    `The migration of ${guest} was interrupted here: the agent or libvirt was restarted.`,
    { kind: 'conflict', next: 'Ask both sides with migrate.status, then keep one and discard the other.' },
  );
}

export async function closeSide(live: Live, operation: string): Promise<void> {
  for (const close of live.offers.get(operation) ?? []) close();
  live.offers.delete(operation);
  const side = live.sides.get(operation);
  live.sides.delete(operation);
  await side?.close();
}

const keyOf = (operation: string, method: string) => `${operation} ${method}`;

/** A call of this migration is under way here. */
export const isRunning = (live: Live, operation: string): boolean =>
  [...live.running.keys()].some((key) => key.startsWith(keyOf(operation, '')));

/** Does `work`, or joins it when it is under way; each caller hears its progress. */
export async function joinOrStart<T>(
  live: Live,
  operation: string,
  method: string,
  call: Call,
  work: (progress: Call['progress']) => Promise<T>,
): Promise<T> {
  const key = keyOf(operation, method);
  const under = live.running.get(key) ?? startWork(live, key, work);
  under.listeners.add(call.progress);
  try {
    return (await under.result) as T;
  } finally {
    under.listeners.delete(call.progress);
  }
}

function startWork<T>(live: Live, key: string, work: (progress: Call['progress']) => Promise<T>): Running {
  const listeners = new Set<Call['progress']>();
  const tell = (value: unknown) => {
    for (const listener of listeners) listener(value);
  };
  const result = work(tell).finally(() => live.running.delete(key));
  const running = { result, listeners };
  live.running.set(key, running);
  return running;
}
