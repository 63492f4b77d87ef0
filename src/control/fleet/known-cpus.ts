/** What is known of the hosts' CPUs: asked of the agents, and kept with the hosts for when they cannot be asked. */
import type { EngineName } from '../../wire/names.ts';
import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { FleetHost } from './baseline.ts';

type Asking = Pick<Services, 'store' | 'agents'>;

/** libvirt may have to try QEMU out first, which takes many seconds on an emulated host. */
const ASK_MS = 60_000;

/** Asks the host's agent and keeps the answer. @throws BlanketError of the agent; nothing happens without an engine */
export async function noteCpu({ store, agents }: Asking, host: string): Promise<void> {
  const { engine } = store.hosts.get(host);
  if (engine === null) return;
  const cpu = await agents.call(host, 'engine.cpu', { engine }, { timeoutMs: ASK_MS });
  store.hosts.update(host, { cpu: { ...cpu, engine } });
}

/** Asks only when it is not known for the host's engine: a host that was enrolled before CPUs were kept. */
export async function learnCpu(services: Asking, host: string): Promise<void> {
  if (knownCpu(services.store.hosts.get(host)) === undefined) await noteCpu(services, host);
}

/** The same as `noteCpu` where the host can do without; gives whether it answered. */
export async function tryNoteCpu(services: Asking & Pick<Services, 'log'>, host: string): Promise<boolean> {
  try {
    await noteCpu(services, host);
    return true;
  } catch (err) {
    services.log.warn({ host, err }, 'host cannot tell its CPU');
    return false;
  }
}

/** Hosts that guests of this engine may be on, or come to. */
export const membersOf = ({ hosts }: Pick<Store, 'hosts'>, engine: EngineName): HostRecord[] =>
  hosts
    .list()
    .filter((host) => host.engine === engine && (host.state === 'ready' || host.state === 'unreachable'));

/** A CPU that was read for another engine says nothing of this one. */
export const knownCpu = ({ name, engine, cpu }: HostRecord): FleetHost | undefined =>
  cpu === null || cpu.engine !== engine ? undefined : { host: name, cpu };

export const fleetOf = (store: Pick<Store, 'hosts'>, engine: EngineName): FleetHost[] =>
  membersOf(store, engine).flatMap((host) => knownCpu(host) ?? []);
