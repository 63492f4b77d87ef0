/**
 * Brings tunnels and guest networks on the hosts to what the store says. Each call sets the whole of it, so
 * that it can be repeated, and so that what was missed while a host was away is made good by the next one.
 */

import type { Services } from '../services.ts';
import type { HostRecord, NetworkRecord } from '../store/records.ts';
import { hostAddress, tunnelAddress, tunnelPort, tunnelPrefix } from './addresses.ts';

const enrolled = ({ tunnelKey, address }: HostRecord): boolean => tunnelKey !== null && address !== null;

/** Hosts that take part: those that are ready, and `joining`, which is not yet. */
function members({ store }: Services, joining?: string): HostRecord[] {
  return store.hosts
    .list()
    .filter((host) => enrolled(host) && (host.state === 'ready' || host.name === joining));
}

/** Sets the tunnel on every member. A failure on `joining` counts; one elsewhere is logged and made good later. */
export async function syncTunnels(services: Services, joining?: string): Promise<void> {
  const hosts = members(services, joining);
  await eachHost(services, hosts, joining, (host) => {
    const peers = hosts
      .filter(({ name }) => name !== host.name)
      .map((peer) => ({
        publicKey: String(peer.tunnelKey),
        endpoint: `${peer.address}:${tunnelPort}`,
        address: tunnelAddress(peer.index),
      }));
    const address = tunnelAddress(host.index);
    const own = { address, prefix: tunnelPrefix, port: tunnelPort, peers };
    return services.agents.call(host.name, 'tunnel.configure', own);
  });
}

/** A host that could not be brought up to date, and why. */
export type SyncFailure = { host: string; error: unknown };

/**
 * Sets one guest network on every member; a failure on `needed` is thrown, those elsewhere are given back. Hosts that are
 * no members now are not asked.
 */
export async function syncNetwork(services: Services, name: string, needed?: string): Promise<SyncFailure[]> {
  const network = services.store.networks.get(name);
  const hosts = members(services);
  return eachHost(services, hosts, needed, (host) =>
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
): Promise<SyncFailure[]> {
  const results = await Promise.allSettled(hosts.map(act));
  const failures: SyncFailure[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue;
    const host = hosts[index]?.name ?? '';
    if (host === needed) throw result.reason;
    log.warn({ host, err: result.reason }, 'network not brought up to date here');
    failures.push({ host, error: result.reason });
  }
  return failures;
}
