/**
 * Brings guest networks on the hosts to what the store says. Each call sets the whole of it, so
 * that it can be repeated, and so that what was missed while a host was away is made good by the next one.
 */

import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';
import { settleHosts } from './allocation.ts';
import { configFor, viewOf } from './config.ts';
import { clearLeftovers } from './leftovers.ts';

const enrolled = ({ tunnelKey, address }: HostRecord): boolean => tunnelKey !== null && address !== null;

/** Hosts that take part: those that are ready, and `joining`, which is not yet. */
function members({ store }: Services, joining?: string): HostRecord[] {
  return store.hosts
    .list()
    .filter((host) => enrolled(host) && (host.state === 'ready' || host.name === joining));
}

/** A host that could not be brought up to date, and why. */
export type SyncFailure = { host: string; error: unknown };

/**
 * Sets one guest network on every member; a failure on `needed` is thrown, those elsewhere are given back. Hosts that are
 * no members now are not asked. @throws BlanketError `network.full`
 */
export async function syncNetwork(services: Services, name: string, needed?: string): Promise<SyncFailure[]> {
  const network = settleHosts(services.store, name);
  const view = viewOf(services.store);
  return eachHost(services, members(services, needed), needed, (host) =>
    services.agents.call(host.name, 'network.apply', configFor(network, host, view)),
  );
}

/** Sets every guest network on every member: a host has come or gone. @throws BlanketError `network.full` */
export async function syncNetworks(services: Services): Promise<void> {
  for (const { name } of services.store.networks.list()) {
    // one that was removed in the meantime is no concern of whoever asked
    if (services.store.networks.find(name) !== undefined) await syncNetwork(services, name);
  }
}

/** All that a host missed of guest networks while it was away. What fails is logged, and made good by the next sync. */
export async function syncHost(services: Services, host: string): Promise<void> {
  await clearLeftovers(services, [host]);
  for (const { name } of services.store.networks.list()) await syncOn(services, name, host);
}

async function syncOn({ store, agents, log }: Services, name: string, host: string): Promise<void> {
  try {
    if (store.networks.find(name) === undefined) return;
    const config = configFor(settleHosts(store, name), store.hosts.get(host), viewOf(store));
    await agents.call(host, 'network.apply', config);
  } catch (error) {
    log.warn({ host, network: name, err: error }, 'network not brought up to date here');
  }
}

/** Takes networks that are gone from every member that still has one. */
export const dropRemoved = (services: Services): Promise<void> =>
  clearLeftovers(
    services,
    members(services).map(({ name }) => name),
  );

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
