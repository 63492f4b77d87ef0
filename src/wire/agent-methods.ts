/** Every method an agent answers: what it takes and gives. Bytes are counts, times are ms, cookies base64. */
import { z } from 'zod';
import { guestCpuSchema } from './cpu.ts';
import { problemSchema } from './errors.ts';
import { conformMethods } from './methods/conform.ts';
import { driverMethods, noticeSchema } from './methods/drivers.ts';
import { engineMethods, machineSchema } from './methods/engines.ts';
import { method, none } from './methods/method.ts';
import { networkMethods } from './methods/network.ts';
import { digestSchema, engineSchema, macSchema, nameSchema } from './names.ts';
import { guestMetadataSchema, noMetadata } from './network.ts';

const bytes = z.int().nonnegative();

/** What a guest is, the same on every host: the agent makes the domain's XML from it and nothing else. */
export const guestSpecSchema = z.object({
  name: nameSchema,
  uuid: z.uuid(),
  engine: engineSchema,
  vcpus: z.int().min(1).max(64),
  memoryMiB: z.int().min(32),
  image: digestSchema,
  diskBytes: bytes,
  nics: z.array(z.object({ mac: macSchema, network: nameSchema })),
  /** `null`: made before CPUs were pinned, and then shown the portable one by its first host. */
  cpu: guestCpuSchema.nullable().default(null),
  metadata: guestMetadataSchema.default(noMetadata),
});
export type GuestSpec = z.infer<typeof guestSpecSchema>;

export const guestStates = ['absent', 'stopped', 'running', 'paused', 'incoming'] as const;

/** One guest as this host sees it. `incoming`: a half-made copy that waits for a migration's memory. */
const guestViewSchema = z.object({ name: z.string(), uuid: z.string(), state: z.enum(guestStates) });

const migrationId = z.object({ operation: z.string(), guest: nameSchema });

/** `roundsDone` counts passes over memory; `downtimeMs` is set once the guest has been paused: what
 * the two hosts took, each by its own clock, without the handover between them.
 */
const migrationStatsSchema = z.object({
  elapsedMs: z.number(),
  memoryTotal: bytes,
  memoryDone: bytes,
  memoryLeft: bytes,
  diskTotal: bytes,
  diskDone: bytes,
  diskLeft: bytes,
  bytesPerSecond: z.number(),
  dirtyBytesPerSecond: z.number(),
  rounds: z.int(),
  downtimeMs: z.number().optional(),
});
export type MigrationStats = z.infer<typeof migrationStatsSchema>;

/** The step of libvirt's migration protocol that this side has finished last, kept on its disk. */
export const migrationSteps = ['none', 'begun', 'prepared', 'performed', 'finished', 'confirmed'] as const;

export const agentMethods = {
  'host.status': method(
    none,
    z.object({
      agent: z.string(),
      kernel: z.string(),
      node: z.string(),
      libvirt: z.string(),
      qemu: z.string(),
      memoryTotal: bytes,
      memoryFree: bytes,
      diskFree: bytes,
      uptimeSeconds: z.number(),
      guests: z.array(guestViewSchema),
      /** `null`: an agent from before machines were told. */
      machine: machineSchema.nullable().default(null),
      /** What the cloud has announced of this host and not taken back; older agents do not listen. */
      notices: z.array(noticeSchema).default([]),
      /** What is wrong around it that Blanket leaves alone, e.g. `network.foreign-firewall`. */
      warnings: z.array(problemSchema).default([]),
    }),
  ),
  ...driverMethods,
  ...engineMethods,
  ...conformMethods,
  ...networkMethods,
  'image.list': method(none, z.object({ images: z.array(z.object({ digest: digestSchema, bytes })) })),
  /** Checks an uploaded file against its digest and takes it in; the file is gone from uploads after. */
  'image.adopt': method(z.object({ digest: digestSchema, upload: z.string() }), none),
  'image.remove': method(z.object({ digest: digestSchema }), none),
  /** Makes the disk (an overlay on the image) and defines the domain. Repeating it changes nothing. */
  'guest.define': method(guestSpecSchema, none),
  'guest.start': method(z.object({ name: nameSchema }), none),
  'guest.stop': method(
    z.object({ name: nameSchema, force: z.boolean(), timeoutMs: z.int().nonnegative() }),
    none,
  ),
  /** Undefines the domain and deletes its disk; refuses while it runs, unless `force`. */
  'guest.remove': method(z.object({ name: nameSchema, force: z.boolean() }), none),
  'guest.view': method(
    z.object({ name: nameSchema }),
    guestViewSchema.extend({ disk: z.boolean(), diskAllocated: bytes }),
  ),
  /** Source: libvirt's Begin. */
  'migrate.begin': method(migrationId, z.object({ xml: z.string(), cookie: z.base64() })),
  /** Destination: makes the overlay, then libvirt's Prepare; the copy will arrive at `listenAddress`. */
  'migrate.prepare': method(
    migrationId.extend({
      spec: guestSpecSchema,
      xml: z.string(),
      cookie: z.base64(),
      listenAddress: z.ipv4(),
    }),
    z.object({ uri: z.string(), disksUri: z.string(), cookie: z.base64() }),
  ),
  /** Source: libvirt's Perform, the whole copy. Progress messages are `MigrationStats`. */
  'migrate.perform': method(
    migrationId.extend({
      xml: z.string(),
      cookie: z.base64(),
      uri: z.string(),
      disksUri: z.string(),
      maxDowntimeMs: z.int().positive(),
      /** Bytes a second; absent means no limit. */
      bandwidth: bytes.optional(),
    }),
    z.object({ cookie: z.base64(), stats: migrationStatsSchema }),
  ),
  /** Destination: libvirt's Finish. `cancelled` kills the half-made guest. `running` tells what is true after. */
  'migrate.finish': method(
    migrationId.extend({ cookie: z.base64(), cancelled: z.boolean() }),
    z.object({
      cookie: z.base64(),
      running: z.boolean(),
      stats: migrationStatsSchema.optional(),
      /** Why it does not run here, or runs but not as it should, in libvirt's words. */
      reason: z.string().optional(),
    }),
  ),
  /** Source: libvirt's Confirm. `cancelled` lets the guest go on here, otherwise this side's copy ends. */
  'migrate.confirm': method(
    migrationId.extend({ cookie: z.base64(), cancelled: z.boolean() }),
    z.object({ state: z.enum(guestStates), stats: migrationStatsSchema.optional() }),
  ),
  /** Source: asks a running Perform to stop; the Perform call then fails with `migrate.cancelled`. */
  'migrate.cancel': method(migrationId, none),
  /** Either side: what has happened here, and what the guest is here now. Works after a restart of the agent. */
  'migrate.status': method(
    migrationId,
    z.object({
      step: z.enum(migrationSteps),
      /** A call of this migration is still under way here. */
      busy: z.boolean(),
      cancelled: z.boolean(),
      guest: z.enum(guestStates),
    }),
  ),
  /** Either side, once it is decided that the guest does not live here: removes its domain and disk. */
  'migrate.discard': method(migrationId, none),
  /** Either side, once it is decided that the guest lives here: makes it run and stay defined. */
  'migrate.keep': method(migrationId, z.object({ state: z.enum(guestStates) })),
} as const;

export const migrationProgressSchema = migrationStatsSchema;
/** Of `migrate.finish`: the hypervisor has said that the guest goes on, and the rest is book-keeping. */
export const finishProgressSchema = z.object({ running: z.literal(true) });
export type FinishProgress = z.infer<typeof finishProgressSchema>;
