/** The network's part of a handover: every host sends a guest's frames to where it runs now. */
import { within } from '../agents/within.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import { tunnelAddress } from './addresses.ts';
import { noteBehind } from './behind.ts';

/** A host that has not answered by then is passed over: the guest's own announcement and the next sync tell it too. */
const LIMIT_MS = 5_000;

/**
 * Tells every ready host at once that this guest's cards are at `host`, and both ends whatever control last thought of
 * them. A host that fails is logged, keeps nobody waiting, and is told of the whole network at the next look at it.
 * @param guest whose record names the host that it leaves.
 * @returns ms until the last host that took it had done so; `null` when none did, or the guest has no card.
 */
export async function flipForwarding(
  services: Services,
  guest: GuestRecord,
  host: string,
  limitMs = LIMIT_MS,
): Promise<number | null> {
  const { store, log } = services;
  if (guest.nics.length === 0) return null;
  const at = tunnelAddress(store.hosts.get(host).index);
  const ends = [guest.host, host];
  const hosts = store.hosts.list().filter(({ name, state }) => state === 'ready' || ends.includes(name));
  const begun = performance.now();
  const took = await Promise.all(
    hosts.map(async ({ name }) => {
      try {
        await tell(services, name, guest, at, limitMs);
        return [performance.now() - begun];
      } catch (error) {
        noteBehind(store, name, Date.now());
        log.warn({ host: name, guest: guest.name, at: host, err: error }, 'forwarding not changed here');
        return [];
      }
    }),
  );
  const times = took.flat();
  return times.length === 0 ? null : Math.round(Math.max(...times));
}

async function tell({ agents }: Services, host: string, guest: GuestRecord, at: string, limitMs: number) {
  await within(limitMs, host, (options) =>
    Promise.all(
      guest.nics.map(({ network, mac }) =>
        agents.call(host, 'network.forward', { name: network, moves: [{ mac, at }] }, options),
      ),
    ),
  );
}
