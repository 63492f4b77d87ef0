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
    openMigrations(store)
      .map(({ flowState }) => flowStateSchema.parse(flowState))
      .map(({ guest, destination, handed }) => [guest, { destination, handed }]),
  );

const kind = 'guest.migrate';

function openMigrations({ guests, operations }: Pick<Store, 'guests' | 'operations'>): OperationRecord[] {
  const running = operations.where({ kind, state: 'running' });
  return [
    ...running.filter(({ phases }) => !phases.some(goesBack)),
    ...undecidedMigrations({ guests, operations }),
  ];
}

/** Those that need attention, and of whose guests nobody knows where they run. */
export function undecidedMigrations({
  guests,
  operations,
}: Pick<Store, 'guests' | 'operations'>): OperationRecord[] {
  return operations
    .where({ kind, state: 'attention' })
    .filter(({ flowState }) => undecided.includes(guests.find(String(flowState.guest))?.state))
    .filter((operation) => isLast(operations, operation));
}

const undecided: readonly (GuestRecord['state'] | undefined)[] = ['attention', 'migrating'];

/** What waited at the destination is given up then. */
const goesBack = ({ state }: OperationRecord['phases'][number]): boolean =>
  state === 'failed' || state === 'undone';

/** Neither another migration of the guest nor anything that was done with it since has made this one history. */
function isLast(operations: Store['operations'], { id, subject }: OperationRecord): boolean {
  const all = operations.where({ subject });
  const later = all.slice(all.findIndex((operation) => operation.id === id) + 1);
  return !later.some((operation) => operation.kind === kind || operation.state === 'done');
}

const handover = ['cutover', 'confirm'];

/** A guest is just being handed over from this host or to it: what can wait is to be kept from it. */
export const handsOver = ({ operations }: Pick<Store, 'operations'>, host: string): boolean =>
  operations
    .where({ kind, state: 'running' })
    .filter(({ phases }) => phases.some(({ name, state }) => state === 'running' && handover.includes(name)))
    .some(({ flowState: { source, destination } }) => source === host || destination === host);
