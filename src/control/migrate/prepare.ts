/** Both sides are made ready: image, networks, overlay, and a domain at the destination that waits for the memory. */
import { isUnreachable, reach } from '../agents/reach.ts';
import { syncGuestNetworks } from '../guest/guest-flows.ts';
import { tunnelAddress } from '../network/addresses.ts';
import { ensureImage } from '../storage/image-store.ts';
import { CALL_TIMEOUT_MS, idOf, PATIENCE_MS } from './calls.ts';
import { guardWhereItIs } from './guard.ts';
import { travellingSpec } from './held-disks.ts';
import type { Make } from './state.ts';

/** How long an undo waits for a host that it can do without. */
const SHORT_PATIENCE_MS = 30_000;

export const prepare: Make = (services) => ({
  name: 'prepare',
  async do({ state, save, progress }) {
    const { store, agents } = services;
    const guest = store.guests.get(state.guest);
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    const [begun] = await Promise.all([
      agents.call(state.source, 'migrate.begin', idOf(state), options),
      ensureImage(services, state.destination, guest.digest, progress),
      syncGuestNetworks(services, guest, state.destination),
    ]);
    save({ begun });
    const listenAddress = tunnelAddress(store.hosts.get(state.destination).index);
    const wish = { ...idOf(state), ...begun, spec: await travellingSpec(services, state), listenAddress };
    save({ prepared: await agents.call(state.destination, 'migrate.prepare', wish, options) });
  },
  async undo({ state }) {
    const { agents, log } = services;
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    const discard = () => agents.call(state.destination, 'migrate.discard', idOf(state), options);
    // Finish was never sent, so nothing can run there: a destination that is away does not hold the guest up.
    await reach(discard, SHORT_PATIENCE_MS).catch((error: unknown) => {
      if (!isUnreachable(error)) throw error;
      log.warn({ host: state.destination, guest: state.guest, err: error }, 'half-made copy left behind');
    });
    await reach(() => agents.call(state.source, 'migrate.keep', idOf(state), options), PATIENCE_MS);
    await guardWhereItIs(services, state);
  },
});
