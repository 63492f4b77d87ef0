/** A guest's CPU, decided once when the guest is made and kept with it. */
import {
  type CpuChoice,
  type GuestCpu,
  isNested,
  nestedSwitches,
  portableCpu,
  sorted,
  without,
} from '../../wire/cpu.ts';
import { BlanketError } from '../../wire/errors.ts';
import { type FleetHost, faultyIn, sharedFeatures, widestCpu } from './baseline.ts';

export type CpuWish = { choice: CpuChoice; nested: boolean };

const canNest = (features: readonly string[]): boolean =>
  nestedSwitches.some((name) => features.includes(name));

function refuseNested(hosts: readonly FleetHost[]): void {
  if (canNest(sharedFeatures(hosts))) return;
  const lacking = hosts.filter(({ cpu }) => !canNest(cpu.features)).map(({ host }) => host);
  const who = lacking.length > 0 ? lacking.join(', ') : 'the hosts, whose CPUs have different makers';
  throw new BlanketError('guest.no-nested', `Nested virtualization cannot be shown by ${who}.`, {
    kind: 'blocked',
    next: 'Leave --nested out, or take --cpu host on a host that can: `blanket fleet baseline` shows which.',
    data: { hosts: lacking },
  });
}

function withNested(cpu: GuestCpu, hosts: readonly FleetHost[]): GuestCpu {
  const features = sorted([...cpu.features, ...sharedFeatures(hosts).filter(isNested)]);
  return { ...cpu, nested: true, features, disabled: without(cpu.disabled, features) };
}

/**
 * @param on the guest's first host. @param fleet all hosts with its engine, that one included.
 * @throws BlanketError `guest.no-nested`
 */
export function pinCpu({ choice, nested }: CpuWish, on: FleetHost, fleet: readonly FleetHost[]): GuestCpu {
  const hosts = choice === 'host' ? [on] : fleet;
  if (nested) refuseNested(hosts);
  if (choice !== 'portable') return { choice, ...widestCpu(hosts, nested) };
  const cpu = portableCpu(faultyIn(fleet));
  return nested ? withNested(cpu, hosts) : cpu;
}
