/**
 * Asks every host now and then how it is, so that lists show what is true: a host that does not answer is
 * unreachable, a guest that has shut itself down is stopped. It never starts, stops or moves anything.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentResult } from '../wire/agent.ts';
import { isUnreachable } from './agents/reach.ts';
import { reprobe } from './provision/reprobe.ts';
import type { Services } from './services.ts';

const PAUSE_MS = 10_000;
const ANSWER_MS = 30_000;

export async function watchHosts(services: Services, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const hosts = services.store.hosts
      .list()
      .filter(({ state }) => state === 'ready' || state === 'unreachable');
    await Promise.all(hosts.map(({ name }) => watchHost(services, name)));
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function watchHost(services: Services, name: string): Promise<void> {
  const { store, agents, log } = services;
  try {
    const busy = new Set(runningSubjects(services));
    const status = await agents.call(name, 'host.status', {}, { timeoutMs: ANSWER_MS });
    settle(services, name, 'ready');
    noteGuests(services, name, status.guests, busy);
    reprobe(services, name, status.machine);
  } catch (error) {
    if (!isUnreachable(error)) log.warn({ host: name, err: error }, 'host cannot tell how it is');
    if (isUnreachable(error) && store.hosts.find(name) !== undefined) settle(services, name, 'unreachable');
  }
}

function settle({ store, log }: Services, name: string, state: 'ready' | 'unreachable'): void {
  const now = store.hosts.find(name)?.state;
  if ((now !== 'ready' && now !== 'unreachable') || now === state) return;
  log.warn({ host: name, state }, 'host changed');
  store.hosts.update(name, { state });
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
