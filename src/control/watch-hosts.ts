/**
 * Asks every host now and then how it is, so that lists show what is true: a host that does not answer is
 * unreachable, a guest that has shut itself down is stopped, and what a cloud announced is known. It never starts or moves anything; what a migration left on a host
 * that was away is removed, and so is a second copy of a guest, once the first was seen to run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AgentResult } from '../wire/agent.ts';
import { isUnreachable } from './agents/reach.ts';
import { endStrays, tellLeases } from './guest/strays.ts';
import { cleanUpAt } from './migrate/clean-up.ts';
import { noteBehind } from './network/behind.ts';
import { catchUp } from './network/catch-up.ts';
import { reviewTunnels } from './network/tunnels.ts';
import { reprobe } from './provision/reprobe.ts';
import type { Services } from './services.ts';
import type { HostRecord } from './store/records.ts';

const PAUSE_MS = 10_000;
const ANSWER_MS = 30_000;

/** Side by side, since a way is given up for another after seconds, and a host that is away may be waited for a minute. */
export async function watchHosts(services: Services, signal: AbortSignal): Promise<void> {
  const told = new Set<string>();
  await Promise.all([
    repeat(signal, () => lookAtAll(services, told)),
    repeat(signal, () => lookAtTunnels(services)),
  ]);
}

async function repeat(signal: AbortSignal, look: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await look();
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** @param told hosts that have heard of all leases since they were away. */
async function lookAtAll(services: Services, told: Set<string>): Promise<void> {
  const hosts = services.store.hosts
    .list()
    .filter(({ state }) => state === 'ready' || state === 'unreachable');
  await Promise.all(hosts.map(({ name }) => watchHost(services, name, told)));
}

async function lookAtTunnels(services: Services): Promise<void> {
  try {
    await reviewTunnels(services);
  } catch (error) {
    services.log.error({ err: error }, 'tunnels not reviewed');
  }
}

async function watchHost(services: Services, name: string, told: Set<string>): Promise<void> {
  const { store, agents, log } = services;
  try {
    const busy = new Set(runningSubjects(services));
    const status = await agents.call(name, 'host.status', {}, { timeoutMs: ANSWER_MS });
    settle(services, name, 'ready');
    void catchUp(services, name);
    noteGuests(services, name, status.guests, busy);
    noteNotices(services, name, status.notices);
    if (!told.has(name)) await tellLeases(services, name);
    told.add(name);
    const isBusy = (guest: string) =>
      busy.has(`guest/${guest}`) || runningSubjects(services).includes(`guest/${guest}`);
    const strays = await endStrays(services, name, status.guests, isBusy);
    noteWarnings(services, name, [...status.warnings, ...strays]);
    if (status.machine !== null) reprobe(services, name, status.machine);
    await cleanUpAt(services, name);
  } catch (error) {
    told.delete(name);
    if (!isUnreachable(error)) log.warn({ host: name, err: error }, 'host cannot tell how it is');
    if (isUnreachable(error) && store.hosts.find(name) !== undefined) settle(services, name, 'unreachable');
  }
}

function settle(services: Services, name: string, state: 'ready' | 'unreachable'): void {
  const { store, log } = services;
  const now = store.hosts.find(name)?.state;
  if ((now !== 'ready' && now !== 'unreachable') || now === state) return;
  log.warn({ host: name, state }, 'host changed');
  store.hosts.update(name, { state });
  if (state === 'ready') noteBehind(store, name, Date.now());
}

/** An announcement is logged once, and so is its end. */
function noteNotices({ store, log }: Services, name: string, notices: HostRecord['notices']): void {
  const host = store.hosts.find(name);
  if (host === undefined || isDeepStrictEqual(host.notices, notices)) return;
  log.warn({ host: name, cloud: host.cloud, notices }, 'cloud announced');
  store.hosts.update(name, { notices });
}

/** So is a warning, and its end. */
function noteWarnings({ store, log }: Services, name: string, warnings: HostRecord['warnings']): void {
  const host = store.hosts.find(name);
  if (host === undefined || isDeepStrictEqual(host.warnings, warnings)) return;
  log.warn({ host: name, warnings }, 'host warned');
  store.hosts.update(name, { warnings });
}

const runningSubjects = ({ operations }: Services): string[] =>
  operations
    .list()
    .filter(({ state }) => state === 'running')
    .map(({ subject }) => subject);

/** Guests that an operation works on are left to it, also when it began or ended while the host was asked. */
function noteGuests(
  services: Services,
  host: string,
  seen: AgentResult<'host.status'>['guests'],
  busyBefore: ReadonlySet<string>,
): void {
  const { store } = services;
  const busy = new Set([...busyBefore, ...runningSubjects(services)]);
  for (const guest of store.guests.list()) {
    if (guest.host !== host || busy.has(`guest/${guest.name}`)) continue;
    if (guest.state !== 'running' && guest.state !== 'stopped') continue;
    const view = seen.find(({ name }) => name === guest.name)?.state;
    const state = view === 'running' ? 'running' : view === 'stopped' ? 'stopped' : 'attention';
    if (state !== guest.state) store.guests.update(guest.name, { state });
  }
}
