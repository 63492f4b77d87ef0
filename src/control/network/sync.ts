/**
 * Brings guest networks on the hosts to what the store says. Each call sets the whole of it, so
 * that it can be repeated, and so that what was missed while a host was away is made good by the next one.
 */

import { BlanketError } from '../../wire/errors.ts';
import type { CallOptions } from '../agents/agent-link.ts';
import { within } from '../agents/within.ts';
import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';
import { settleHosts } from './allocation.ts';
import { noteBehind } from './behind.ts';
import { configFor, strayGuests, type View, viewOf } from './config.ts';
import { clearLeftovers } from './leftovers.ts';

const enrolled = ({ tunnelKey, address }: HostRecord): boolean => tunnelKey !== null && address !== null;

/** Hosts that take part: those that are ready, and `joining`, which is not yet. */
function members({ store }: Services, joining?: string): HostRecord[] {
  return store.hosts
    .list()
    .filter((host) => enrolled(host) && (host.state === 'ready' || host.name === joining));
}

/** A host that could not be brought up to date, of which network, and why. */
export type SyncFailure = { host: string; network: string; error: unknown };

/** The host has set all of it but the published ports that something else has. */
export const isPortTaken = ({ error }: Pick<SyncFailure, 'error'>): boolean =>
  error instanceof BlanketError && error.code === 'network.port-taken';

/** For a host that is needed: one that is slow, or busy with a guest's copy, is not to fail for that. */
const PATIENT_MS = 120_000;
/** For hosts that nobody needs just now: one that hangs must not keep the others' operations waiting. */
const THIRD_MS = 20_000;

/**
 * Sends one guest network on every member; a failure on `needed` is thrown, those elsewhere are given back, and so is a port
 * that is taken there, for everything else is set then. Hosts that are no members now are not asked. Who fails is told
 * again later (`behind.ts`). @throws BlanketError `network.full`
 */
export async function syncNetwork(
  services: Services,
  name: string,
  needed?: string,
  thirdMs = THIRD_MS,
): Promise<SyncFailure[]> {
  const failures = await applyEach(services, name, needed, thirdMs);
  const own = failures.find((failure) => failure.host === needed && !isPortTaken(failure));
  if (own !== undefined) throw own.error;
  return failures;
}

/**
 * Sets every guest network on every member: a host has come or gone. What fails is given back.
 * @param joining waited for as long as a call may take. @throws BlanketError `network.full`
 */
export async function syncNetworks(services: Services, joining?: string): Promise<SyncFailure[]> {
  const failures: SyncFailure[] = [];
  for (const { name } of services.store.networks.list()) {
    // one that was removed in the meantime is no concern of whoever asked
    if (services.store.networks.find(name) === undefined) continue;
    failures.push(...(await applyEach(services, name, joining)));
  }
  return failures;
}

/** All that a host missed of guest networks while it was away. What fails is logged and given back. */
export async function syncHost(services: Services, host: string): Promise<SyncFailure[]> {
  const failures = await clearLeftovers(services, [host]);
  for (const { name } of services.store.networks.list())
    failures.push(...(await syncOn(services, name, host)));
  return failures;
}

async function syncOn(
  { store, agents, log }: Services,
  network: string,
  host: string,
): Promise<SyncFailure[]> {
  try {
    if (store.networks.find(network) === undefined) return [];
    const config = configFor(
      settleHosts(store, network),
      store.hosts.get(host),
      viewFor({ store, log }, network),
    );
    await agents.call(host, 'network.apply', config);
    return [];
  } catch (error) {
    log.warn({ host, network, err: error }, 'network not brought up to date here');
    return [{ host, network, error }];
  }
}

/** Takes networks that are gone from every member that still has one; who fails is told again later. */
export async function dropRemoved(services: Services, limitMs: number): Promise<SyncFailure[]> {
  const names = members(services).map(({ name }) => name);
  const failures = await clearLeftovers(services, names, limitMs);
  for (const { host } of failures) noteBehind(services.store, host);
  return failures;
}

/** What a network's configs are made from; guests that will be in none of them are logged. */
function viewFor({ store, log }: Pick<Services, 'store' | 'log'>, network: string): View {
  const view = viewOf(store);
  const guests = strayGuests(network, view);
  if (guests.length > 0) log.warn({ network, guests }, 'guests on hosts that are not there');
  return view;
}

/** @param patient the host that is waited for as long as a call may take. */
async function applyEach(
  services: Services,
  network: string,
  patient?: string,
  thirdMs = THIRD_MS,
): Promise<SyncFailure[]> {
  const { store, agents, log } = services;
  const record = settleHosts(store, network);
  const view = viewFor(services, network);
  const hosts = members(services, patient);
  const results = await Promise.allSettled(
    hosts.map(async (host) => {
      const config = configFor(record, host, view);
      const apply = (options: CallOptions) => agents.call(host.name, 'network.apply', config, options);
      return host.name === patient ? apply({ timeoutMs: PATIENT_MS }) : within(thirdMs, host.name, apply);
    }),
  );
  const failures: SyncFailure[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue;
    const host = hosts[index]?.name ?? '';
    noteBehind(store, host);
    log.warn({ host, network, err: result.reason }, 'network not brought up to date here');
    failures.push({ host, network, error: result.reason });
  }
  return failures;
}
