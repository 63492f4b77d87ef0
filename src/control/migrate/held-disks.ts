/**
 * The disks that travel are those that the source has, at the sizes that they have there: one that was grown without
 * control's knowledge (a crash between the two, or by hand) must not be cut off at the destination.
 */
import { BlanketError } from '../../wire/errors.ts';
import type { GuestSpec } from '../../wire/guest-spec.ts';
import type { HeldDisk } from '../../wire/methods/disk.ts';
import { specOf } from '../guest/guest-flows.ts';
import type { Services } from '../services.ts';
import { CALL_TIMEOUT_MS } from './calls.ts';
import type { MigrateState } from './state.ts';

/** Root and the others, as a guest's spec has them. */
export const disksOf = (held: readonly HeldDisk[]): Pick<GuestSpec, 'disks'> & { diskBytes?: number } => {
  const root = held.find(({ target }) => target === 'vda');
  return {
    ...(root !== undefined && { diskBytes: root.bytes }),
    disks: held.flatMap(({ name, bytes, target }) => (target === 'vda' ? [] : [{ name, bytes, target }])),
  };
};

/** An agent from before there were several has the root disk alone, at the size that it was made with. */
async function held(
  { agents }: Services,
  { guest: name, source }: MigrateState,
): Promise<HeldDisk[] | undefined> {
  try {
    return (await agents.call(source, 'disk.list', { name }, { timeoutMs: CALL_TIMEOUT_MS })).disks;
  } catch (error) {
    if (error instanceof BlanketError && error.code === 'agent.unknown-method') return undefined;
    throw error;
  }
}

/**
 * To be asked once the migration has begun at the source: from then on its disks keep their sizes. What differs from the
 * store is put right there as well.
 */
export async function travellingSpec(services: Services, state: MigrateState): Promise<GuestSpec> {
  const { guests } = services.store;
  const there = await held(services, state);
  const guest = guests.get(state.guest);
  if (there === undefined) return specOf(guest);
  return specOf(guests.update(state.guest, { diskBytes: guest.diskBytes, ...disksOf(there) }));
}
