/**
 * What is read of a host, and what the drivers make of it.
 *
 * Readings have the shape of `blanket-drivers/facts.ts`, which drivers keep to themselves; test/wire/host-facts.test.ts
 * holds the two to one another.
 */
import { z } from 'zod';
import { verdictSchema } from './methods/drivers.ts';

const pciSchema = z.object({
  address: z.string(),
  vendor: z.string(),
  device: z.string(),
  class: z.string(),
  driver: z.string().optional(),
});

const blockSchema = z.object({
  name: z.string(),
  driver: z.string().optional(),
  model: z.string().optional(),
  bytes: z.int().nonnegative(),
  scheduler: z.string().optional(),
});

const nicSchema = z.object({
  name: z.string(),
  driver: z.string().optional(),
  mac: z.string(),
  mtu: z.int(),
  addresses: z.array(z.string()),
});

export const readingsSchema = z.object({
  version: z.literal(1),
  kernel: z.string(),
  hypervisor: z.object({
    leaf: z.string().optional(),
    systemd: z.string().optional(),
    sysType: z.string().optional(),
    sysUuid: z.string().optional(),
  }),
  cpu: z.object({
    vendor: z.string(),
    model: z.string(),
    count: z.int().positive(),
    flags: z.array(z.string()),
  }),
  dmi: z.record(z.string(), z.string()),
  pci: z.array(pciSchema),
  blocks: z.array(blockSchema),
  nics: z.array(nicSchema),
  clock: z.object({ current: z.string(), available: z.array(z.string()) }),
  kvm: z.object({ device: z.boolean(), nested: z.boolean() }),
  vmbus: z.array(z.string()),
  xenbus: z.array(z.string()),
  ptp: z.array(z.string()),
  entropy: z.object({ current: z.string(), available: z.array(z.string()) }).optional(),
  consoles: z.array(z.string()),
  memoryBytes: z.int().nonnegative().optional(),
});
export type Readings = z.infer<typeof readingsSchema>;

export const hostFactsSchema = z.object({
  facts: readingsSchema,
  /** The driver that is chosen, and the reason as a full sentence. */
  chosen: z.string(),
  why: z.string(),
  /** Every driver's, in the order of the registry. */
  verdicts: z.array(verdictSchema),
  /** What the chosen driver would set up, in order: the name of a shim and its options. */
  plan: z.array(z.looseObject({ shim: z.string() })),
});
export type HostFacts = z.infer<typeof hostFactsSchema>;
