/**
 * Networks that are gone, and the hosts that have not been told yet. A host that is away when its network is removed is
 * told when it comes back; until then the network's number is not given out again.
 */
import { z } from 'zod';
import { nameSchema } from '../../wire/names.ts';
import { within } from '../agents/within.ts';
import type { Services } from '../services.ts';
import type { NetworkRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { participants } from './config.ts';

const setting = 'network-leftovers';
const leftoversSchema = z.array(z.object({ name: nameSchema, vni: z.int(), hosts: z.array(nameSchema) }));
type Leftovers = z.infer<typeof leftoversSchema>;
type Failure = { host: string; network: string; error: unknown };

const CLEAR_MS = 60_000;

export const leftovers = ({ settings }: Store): Leftovers =>
  leftoversSchema.parse(settings.find(setting)?.value ?? []);

/** Hosts that are gone need not be told any more. */
function write({ settings, hosts }: Store, all: Leftovers): void {
  const value = all
    .map((left) => ({ ...left, hosts: left.hosts.filter((host) => hosts.find(host) !== undefined) }))
    .filter((left) => left.hosts.length > 0);
  if (settings.find(setting) === undefined) settings.insert({ name: setting, value });
  else settings.update(setting, { value });
}

const without = (all: Leftovers, network: string): Leftovers => all.filter(({ name }) => name !== network);

/** To be called as the network's record goes. */
export function addLeftover(store: Store, { name, vni }: NetworkRecord): void {
  const hosts = participants(store.hosts.list()).map((host) => host.name);
  write(store, [...without(leftovers(store), name), { name, vni, hosts }]);
}

/** A network of this name is there again: what is left of the old one becomes it. */
export const forgetLeftover = (store: Store, network: string): void =>
  write(store, without(leftovers(store), network));

/** What fails is logged and given back. @param limitMs for each host, with the making of its connection. */
export async function clearLeftovers(
  services: Services,
  hosts: readonly string[],
  limitMs = CLEAR_MS,
): Promise<Failure[]> {
  const left = leftovers(services.store).flatMap(({ name, hosts: having }) =>
    having.filter((host) => hosts.includes(host)).map((host) => ({ name, host })),
  );
  const cleared = await Promise.all(left.map(({ name, host }) => clear(services, name, host, limitMs)));
  return cleared.flat();
}

async function clear(
  { store, agents, log }: Services,
  network: string,
  host: string,
  limitMs: number,
): Promise<Failure[]> {
  try {
    await within(limitMs, host, (options) => agents.call(host, 'network.remove', { name: network }, options));
  } catch (error) {
    log.warn({ host, network, err: error }, 'network not removed here');
    return [{ host, network, error }];
  }
  const told = (left: Leftovers[number]) =>
    left.name === network ? { ...left, hosts: left.hosts.filter((name) => name !== host) } : left;
  write(store, leftovers(store).map(told));
  return [];
}
