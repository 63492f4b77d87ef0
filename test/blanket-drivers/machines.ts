/** Machines that drivers are tried on: a plain one to change in a test, and the recorded ones in `machines/`. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type Facts, factsSchema } from '../../src/blanket-drivers/facts.ts';

type Changes = Partial<Omit<Facts, 'cpu' | 'version'>> & { flags?: string[] };

export const machine = ({ flags = ['hypervisor', 'svm', 'npt'], ...changes }: Changes = {}): Facts => ({
  version: 1,
  kernel: '6.12.57+deb13-amd64',
  hypervisor: {},
  cpu: { vendor: 'AuthenticAMD', model: 'AMD EPYC', count: 2, flags },
  dmi: {},
  pci: [],
  blocks: [{ name: 'vda', driver: 'virtio_blk', bytes: 4294967296, scheduler: 'none' }],
  nics: [
    { name: 'ens3', driver: 'virtio_net', mac: '52:54:00:00:00:01', mtu: 1500, addresses: ['10.0.2.15/24'] },
  ],
  clock: { current: 'tsc', available: ['tsc', 'hpet', 'acpi_pm'] },
  kvm: { device: true, nested: true },
  vmbus: [],
  xenbus: [],
  ptp: [],
  consoles: [],
  ...changes,
});

/** What `blanket host facts --save` writes, and what a recorded machine is. */
const recordSchema = z.strictObject({
  /** Where these readings are documented, or that a user sent them in. */
  source: z.string().min('sent in'.length),
  expect: z.strictObject({ driver: z.string(), verdict: z.enum(['found', 'maybe']) }),
  /** Of a near miss: why the drivers that it resembles must not claim it. */
  why: z.string().optional(),
  facts: factsSchema.strict(),
});
export type Recorded = z.infer<typeof recordSchema> & { name: string };

const directory = join(import.meta.dirname, 'machines');

const readRecorded = (file: string): Recorded => ({
  name: basename(file, '.json'),
  ...recordSchema.parse(JSON.parse(readFileSync(join(directory, file), 'utf8'))),
});

export const recorded: readonly Recorded[] = readdirSync(directory).sort().map(readRecorded);

/** @throws Error when there is none of that name. */
export function recordedAs(name: string): Recorded {
  const found = recorded.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no recorded machine ${name}.`);
  return found;
}
