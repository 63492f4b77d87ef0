/**
 * Guests between two hosts, as the journals of their migrations tell.
 *
 *   on its way ──▶ handed: it runs at the destination ──▶ the guest's record says so too
 *       │                     │
 *       └──────────┬──────────┘
 *                  ▼
 *       attention: nobody knows where it runs, so both ends keep what it needs until a person has decided
 */
import { z } from 'zod';
import type { GuestRecord, OperationRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** `handed`: its hypervisor at the destination has said that it runs there. */
export type Journey = { destination: string; handed: boolean };

const flowStateSchema = z.object({
  guest: z.string(),
  destination: z.string(),
  handed: z.boolean().default(false),
});

/** By the guest's name. */
export const journeysOf = (store: Pick<Store, 'guests' | 'operations'>): ReadonlyMap<string, Journey> =>
  new Map(
    lastMigrations(store)
      .filter((operation) => isOpen(store, operation))
      .map(({ flowState }) => flowStateSchema.parse(flowState))
      .map(({ guest, destination, handed }) => [guest, { destination, handed }]),
  );

/** Each guest's last migration, unless something that was done with the guest since has made it history. */
function lastMigrations({ operations }: Pick<Store, 'operations'>): OperationRecord[] {
  const last = new Map<string, OperationRecord>();
  for (const operation of operations.list()) {
    if (operation.kind === 'guest.migrate') last.set(operation.subject, operation);
    else if (operation.state === 'done') last.delete(operation.subject);
  }
  return [...last.values()];
}

const undecided: readonly (GuestRecord['state'] | undefined)[] = ['attention', 'migrating'];

function isOpen({ guests }: Pick<Store, 'guests'>, { state, phases, flowState }: OperationRecord): boolean {
  if (state === 'attention') return undecided.includes(guests.find(String(flowState.guest))?.state);
  // one that has failed is going back, and what waited at the destination is given up
  return state === 'running' && !phases.some((phase) => phase.state === 'failed' || phase.state === 'undone');
}

const handover = ['cutover', 'confirm'];

/** A guest is just being handed over from this host or to it: what can wait is to be kept from it. */
export const handsOver = ({ operations }: Pick<Store, 'operations'>, host: string): boolean =>
  operations
    .list()
    .filter(({ kind, state }) => kind === 'guest.migrate' && state === 'running')
    .filter(({ phases }) => phases.some(({ name, state }) => state === 'running' && handover.includes(name)))
    .some(({ flowState: { source, destination } }) => source === host || destination === host);
