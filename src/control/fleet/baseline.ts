/** What the CPUs of a fleet share, and what each host costs the others. Nothing here but sets of features. */
import {
  type EngineCpu,
  type GuestCpu,
  isNested,
  nestedSwitches,
  portableCpu,
  portableModel,
  sorted,
  without,
} from '../../wire/cpu.ts';

/** A host and what its engine can show a guest. All the hosts of one fleet have the same engine. */
export type FleetHost = { host: string; cpu: EngineCpu };

const intersection = (sets: readonly (readonly string[])[]): string[] => {
  const [first = [], ...others] = sets;
  return others.reduce<string[]>((common, next) => common.filter((name) => next.includes(name)), [...first]);
};

/** Features that all of them can show, those of nested virtualization included. */
export const sharedFeatures = (hosts: readonly FleetHost[]): string[] =>
  sorted(intersection(hosts.map(({ cpu }) => cpu.features)));

const onlyOf = (values: readonly string[]): string | undefined =>
  new Set(values).size === 1 ? values[0] : undefined;

/** The hosts' own model where they have the same, else the oldest there is; the features count either way. */
export const sharedModel = (hosts: readonly FleetHost[]): string =>
  onlyOf(hosts.map(({ cpu }) => cpu.model)) ?? portableModel;

export const sharedVendor = (hosts: readonly FleetHost[]): string | null =>
  onlyOf(hosts.map(({ cpu }) => cpu.vendor)) ?? null;

/** What the fleet would have without this host. */
export function costOf(host: string, hosts: readonly FleetHost[]): string[] {
  const others = hosts.filter((one) => one.host !== host);
  return others.length === 0 ? [] : without(sharedFeatures(others), sharedFeatures(hosts));
}

/** What the model has, as far as every one of these hosts knows of it: named on a host that does not know a feature, it could not be taken away there. */
const featuresOfModel = (model: string, hosts: readonly FleetHost[]): string[] =>
  model === portableModel
    ? portableCpu([]).features
    : intersection(hosts.map(({ cpu }) => [...cpu.features, ...cpu.lacks]));

/** A CPU that each of these hosts can show, the widest there is. */
export function widestCpu(hosts: readonly FleetHost[], nested: boolean): Omit<GuestCpu, 'choice'> {
  const model = sharedModel(hosts);
  const features = sharedFeatures(hosts).filter((name) => nested || !isNested(name));
  const implied = featuresOfModel(model, hosts).filter((name) => !isNested(name));
  return { nested, model, features, disabled: sorted(without([...implied, ...nestedSwitches], features)) };
}

export const faultyIn = (hosts: readonly FleetHost[]): string[] =>
  sorted(hosts.flatMap(({ cpu }) => cpu.faulty));
