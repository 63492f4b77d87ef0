/** The CPU checks of the flows that work on guests: what is in the store, put before `pinCpu` and `judgeCpu`. */
import { type GuestCpu, portableCpu } from '../../wire/cpu.ts';
import { BlanketError, type Problem } from '../../wire/errors.ts';
import type { EngineName } from '../../wire/names.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { fleetOf, knownCpu, learnCpu } from './known-cpus.ts';
import { type CpuWish, pinCpu } from './pin-cpu.ts';
import { readPolicy } from './policy.ts';
import { type CpuOccasion, cpuFindings, judgeCpu } from './verdict.ts';

type On = { name: string; engine: EngineName };

/**
 * Decides a new guest's CPU. A host that was enrolled before CPUs were kept is asked now.
 * @throws BlanketError `guest.no-nested`, `host.cpu-unknown`, and those of the agent
 */
export async function decideCpu(services: Services, wish: CpuWish, { name, engine }: On): Promise<GuestCpu> {
  const { store } = services;
  await learnCpu(services, name);
  const on = knownCpu(store.hosts.get(name));
  if (on === undefined) {
    throw new BlanketError('host.cpu-unknown', `What CPU ${name} can show with ${engine} is not known.`, {
      kind: 'blocked',
      next: `See \`blanket host show ${name}\`, then try again.`,
    });
  }
  return pinCpu(wish, on, fleetOf(store, engine));
}

/** The only feature that was ever left out of the portable CPU. */
const leftOut = ['cx16'];

/**
 * What the guest is shown. One from before CPUs were pinned got the portable one, less what its host gets wrong; where
 * that is not known it is taken for the lesser one, so that nothing is refused on a guess.
 */
export const featuresOf = (guest: Pick<GuestRecord, 'cpu' | 'host'>, store: Pick<Store, 'hosts'>): string[] =>
  (guest.cpu ?? portableCpu(store.hosts.find(guest.host)?.cpu?.faulty ?? leftOut)).features;

type Guest = Pick<GuestRecord, 'name' | 'cpu' | 'host' | 'engine'>;
type Kept = Pick<Store, 'hosts' | 'settings'>;

/** @param on the host that is to run it. @returns warnings. @throws BlanketError `guest.cpu-too-wide`, `migrate.cpu-missing` */
export function checkGuestCpu(store: Kept, guest: Guest, occasion: CpuOccasion, on: string): Problem[] {
  const findings = cpuFindings(featuresOf(guest, store), on, fleetOf(store, guest.engine));
  return judgeCpu({ guest: guest.name, occasion, findings }, readPolicy(store));
}
