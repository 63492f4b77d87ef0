/** Both sides are made ready: image, networks, overlay, and a domain at the destination that waits for the memory. */
import { syncGuestNetworks } from '../guest/guest-flows.ts';
import { tunnelAddress } from '../network/addresses.ts';
import { ensureImage } from '../storage/ensure-image.ts';
import { CALL_TIMEOUT_MS, idOf } from './calls.ts';
import { withinTotal } from './deadline.ts';
import { giveBack } from './give-back.ts';
import { travellingSpec } from './held-disks.ts';
import type { Make } from './state.ts';

export const prepare: Make = (services) => ({
  name: 'prepare',
  async do({ state, save, progress, signal }) {
    const { store, agents } = services;
    const guest = store.guests.get(state.guest);
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    // First: it may take minutes, and until it is there nothing at the source knows of the migration.
    const image = ensureImage(services, state.destination, guest.digest, { progress, signal });
    await withinTotal(services, state, image);
    const [begun] = await Promise.all([
      agents.call(state.source, 'migrate.begin', { ...idOf(state), way: state.way }, options),
      syncGuestNetworks(services, guest, state.destination),
    ]);
    save({ begun });
    const listenAddress = tunnelAddress(store.hosts.get(state.destination).index);
    const spec = await travellingSpec(services, state);
    const wish = { ...idOf(state), ...begun, spec, listenAddress, way: state.way };
    save({ prepared: await agents.call(state.destination, 'migrate.prepare', wish, options) });
  },
  undo: (context) => giveBack(services, context),
});
