/**
 * Which host a guest goes to: of those that it may go to, the one with the most memory free, so that a drain spreads
 * its guests. What others under way will need there counts as taken.
 */
import { BlanketError } from '../../wire/errors.ts';
import { refuseRebooting } from '../conform/admit.ts';
import { checkGuestCpu } from '../fleet/guest-cpu.ts';
import { learnCpu } from '../fleet/known-cpus.ts';
import { checkReadings, checkRecords } from '../migrate/plan.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import { refuseMaintenance } from './maintenance.ts';

/** What a guest under way will take at its destination, bytes. */
export type Claim = { host: string; memory: number; disk: number };

/** `fits` is the best first; `misfits` has a sentence for each other host. */
export type Places = { fits: Claim[]; misfits: Map<string, BlanketError> };

type Fit = { claim: Claim; memoryLeft: number };

const claimed = (claims: Iterable<Claim>, host: string, what: 'memory' | 'disk'): number =>
  [...claims].filter((claim) => claim.host === host).reduce((sum, claim) => sum + claim[what], 0);

/**
 * @param hosts that may be chosen.
 * @throws BlanketError of the source's agent
 */
export async function placesFor(
  services: Services,
  guest: GuestRecord,
  hosts: readonly string[],
  claims: readonly Claim[],
): Promise<Places> {
  const atSource = await services.agents.call(guest.host, 'guest.view', { name: guest.name });
  const places: Fit[] = [];
  const misfits = new Map<string, BlanketError>();
  await Promise.all(
    hosts.map(async (host) => {
      try {
        places.push(await tryHost(services, guest, atSource, host, claims));
      } catch (error) {
        if (!(error instanceof BlanketError)) throw error;
        misfits.set(host, error);
      }
    }),
  );
  const best = (a: Fit, b: Fit) => b.memoryLeft - a.memoryLeft || a.claim.host.localeCompare(b.claim.host);
  return { fits: places.sort(best).map(({ claim }) => claim), misfits };
}

type View = Parameters<typeof checkReadings>[0]['atSource'];

/** @throws BlanketError why the guest cannot go there */
async function tryHost(
  services: Services,
  guest: GuestRecord,
  atSource: View,
  host: string,
  claims: readonly Claim[],
): Promise<Fit> {
  const { store, agents } = services;
  refuseMaintenance(store, host);
  refuseRebooting(store, host);
  const cold = guest.state === 'stopped';
  checkRecords(guest, store.hosts.get(host), cold);
  await learnCpu(services, host);
  checkGuestCpu(store, guest, 'migrate', host);
  const [atDestination, status] = await Promise.all([
    agents.call(host, 'guest.view', { name: guest.name }),
    agents.call(host, 'host.status', {}),
  ]);
  const room = {
    memoryFree: status.memoryFree - claimed(claims, host, 'memory'),
    diskFree: status.diskFree - claimed(claims, host, 'disk'),
  };
  const [source, destination] = [store.hosts.get(guest.host), store.hosts.get(host)];
  checkReadings({ guest, source, destination, atSource, atDestination, room, cold });
  const memory = cold ? 0 : guest.memoryMiB * 2 ** 20;
  return { claim: { host, memory, disk: atSource.diskAllocated }, memoryLeft: room.memoryFree - memory };
}
