/** Hosts of a made-up fleet: what each can show is all there is to them. */
import type { FleetHost } from '../../../src/control/fleet/baseline.ts';
import type { EngineCpu } from '../../../src/wire/cpu.ts';

/** @param features separated by spaces. */
export const cpu = (features: string, change: Partial<EngineCpu> = {}): EngineCpu => ({
  vendor: 'AMD',
  model: 'EPYC',
  features: features.split(' ').filter((name) => name !== ''),
  lacks: [],
  faulty: [],
  ...change,
});

export const fleet = (hosts: Record<string, EngineCpu>): FleetHost[] =>
  Object.entries(hosts).map(([host, cpu]) => ({ host, cpu }));
