/** The fleet's baseline as the API tells it. */
import { isNested, without } from '../../wire/cpu.ts';
import type { EngineName } from '../../wire/names.ts';
import type { FleetBaseline } from '../../wire/routes/fleet.ts';
import type { HostRecord } from '../store/records.ts';
import { costOf, type FleetHost, sharedFeatures, sharedModel, sharedVendor } from './baseline.ts';
import { knownCpu } from './known-cpus.ts';

/** @param hosts all with that engine. @param asked names of those that have just answered. */
export function baselineReport(
  engine: EngineName,
  hosts: readonly HostRecord[],
  asked: ReadonlySet<string>,
): FleetBaseline {
  const fleet = hosts.flatMap((host) => knownCpu(host) ?? []);
  const shared = sharedFeatures(fleet);
  const known = new Map(fleet.map((one) => [one.host, one]));
  return {
    engine,
    model: sharedModel(fleet),
    vendor: sharedVendor(fleet),
    features: shared.filter((name) => !isNested(name)),
    nested: shared.filter(isNested),
    hosts: hosts.flatMap((record) => {
      const one = known.get(record.name);
      return one === undefined ? [] : [hostReport(record, one, fleet, asked.has(record.name))];
    }),
    unknown: hosts.filter(({ name }) => !known.has(name)).map(({ name }) => name),
  };
}

const hostReport = (
  { name, state }: HostRecord,
  { cpu }: FleetHost,
  fleet: readonly FleetHost[],
  asked: boolean,
): FleetBaseline['hosts'][number] => ({
  host: name,
  state,
  vendor: cpu.vendor,
  model: cpu.model,
  asked,
  costs: costOf(name, fleet),
  beyond: without(cpu.features, sharedFeatures(fleet)),
  faulty: cpu.faulty,
});
