/** The network's part of who has the guest. */
import { syncGuestNetworks } from '../guest/guest-flows.ts';
import type { Services } from '../services.ts';
import type { MigrateState } from './state.ts';

/** One host guards the guest again, and every host knows which. */
export async function guardWhereItIs(services: Services, { guest }: MigrateState): Promise<void> {
  const record = services.store.guests.find(guest);
  if (record !== undefined) await syncGuestNetworks(services, record);
}
