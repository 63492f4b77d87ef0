/**
 * Brings guest networks on the hosts to what the store says. Each call sets the whole of it, so
 * that it can be repeated, and so that what was missed while a host was away is made good by the next one.
 */

import type { Services } from '../services.ts';
import type { HostRecord, NetworkRecord } from '../store/records.ts';
import { hostAddress, tunnelAddress } from './addresses.ts';

const enrolled = ({ tunnelKey, address }: HostRecord): boolean => tunnelKey !== null && address !== null;

/** Hosts that take part: those that are ready, and `joining`, which is not yet. */
function members({ store }: Services, joining?: string): HostRecord[] {
  return store.hosts
    .list()
    .filter((host) => enrolled(host) && (host.state === 'ready' || host.name === joining));
}

/** Sets one guest network on every member; failures count on `needed` only. */
export async function syncNetwork(services: Services, name: string, needed?: string): Promise<void> {
  const network = services.store.networks.get(name);
  const hosts = members(services);
  await eachHost(services, hosts, needed, (host) =>
    services.agents.call(host.name, 'network.apply', {
      name,
      vni: network.vni,
      hostAddress: hostAddress(network.subnet, host.index),
      tunnelAddress: tunnelAddress(host.index),
      peers: hosts.filter((peer) => peer.name !== host.name).map(({ index }) => tunnelAddress(index)),
      leases: leasesOf(services, network),
    }),
  );
}

export async function dropNetwork(services: Services, name: string): Promise<void> {
  await eachHost(services, members(services), undefined, (host) =>
    services.agents.call(host.name, 'network.remove', { name }),
  );
}

function leasesOf({ store }: Services, network: NetworkRecord) {
  return store.guests
    .list()
    .flatMap((guest) =>
      guest.nics
        .filter((nic) => nic.network === network.name)
        .map(({ mac, address }) => ({ mac, address, name: guest.name })),
    );
}

async function eachHost(
  { log }: Services,
  hosts: readonly HostRecord[],
  needed: string | undefined,
  act: (host: HostRecord) => Promise<unknown>,
): Promise<void> {
  const results = await Promise.allSettled(hosts.map(act));
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue;
    const host = hosts[index]?.name;
    if (host === needed) throw result.reason;
    log.warn({ host, err: result.reason }, 'network not brought up to date here');
  }
}
