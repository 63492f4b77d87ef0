/** A migration between two agents: what each method takes and gives. Bytes are counts, times are ms, cookies base64. */
import { z } from 'zod';
import { copyWaySchema, plainWay } from './copy-way.ts';
import { guestSpecSchema, guestStates } from './guest-spec.ts';
import { carriedLease } from './lease.ts';
import { method, none } from './methods/method.ts';
import { digestSchema, nameSchema } from './names.ts';
import { timeoutActions } from './objective.ts';

const bytes = z.int().nonnegative();

const migrationId = z.object({ operation: z.string(), guest: nameSchema, ...carriedLease });

/** `roundsDone` counts passes over memory; `downtimeMs` is set once the guest has been paused: what
 * the two hosts took, each by its own clock, without the handover between them.
 */
const migrationStatsSchema = z.object({
  elapsedMs: z.number(),
  memoryTotal: bytes,
  memoryDone: bytes,
  memoryLeft: bytes,
  /** Of `memoryDone` what the pages were before they were compressed, zero pages left out. */
  pageBytes: bytes.optional(),
  diskTotal: bytes,
  diskDone: bytes,
  diskLeft: bytes,
  bytesPerSecond: z.number(),
  dirtyBytesPerSecond: z.number(),
  rounds: z.int(),
  downtimeMs: z.number().optional(),
  /** The most by which the hypervisor has slowed the guest down. */
  throttlePercent: z.number().optional(),
  /** How long it may pause the guest at the cutover, as of now. */
  downtimeLimitMs: z.number().optional(),
  /** The guest is paused until it is over. */
  paused: z.boolean().optional(),
  /** The guest goes over before the rest of its memory: there is no way back. */
  postcopy: z.boolean().optional(),
});
export type MigrationStats = z.infer<typeof migrationStatsSchema>;

/**
 * The step of libvirt's migration protocol that this side has finished last, kept on its disk. `switched` is there before it is
 * done: post-copy may have begun, and if it has this source never lets the guest run again.
 */
export const migrationSteps = [
  'none',
  'begun',
  'prepared',
  'switched',
  'performed',
  'finished',
  'confirmed',
] as const;

/** What a side's hypervisor says of post-copy: its pages are on their way, or their way is broken. */
export const postCopyStates = ['none', 'active', 'failed'] as const;
export type PostCopyState = (typeof postCopyStates)[number];

export const migrationMethods = {
  /** Source: libvirt's Begin. */
  'migrate.begin': method(
    migrationId.extend({ way: copyWaySchema.default(plainWay) }),
    z.object({ xml: z.string(), cookie: z.base64() }),
  ),
  /** Destination: makes the overlay, then libvirt's Prepare; the copy will arrive at `listenAddress`. */
  'migrate.prepare': method(
    migrationId.extend({
      spec: guestSpecSchema,
      xml: z.string(),
      cookie: z.base64(),
      listenAddress: z.ipv4(),
      way: copyWaySchema.default(plainWay),
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
      /** From the begin of the copy; absent means no limit. */
      maxTotalMs: z.int().positive().optional(),
      onTimeout: z.enum(timeoutActions).default('abort'),
      way: copyWaySchema.default(plainWay),
    }),
    z.object({
      cookie: z.base64(),
      stats: migrationStatsSchema,
      /** Not all has been sent: the rest follows once the guest runs at the destination, and only there can it run. */
      postcopy: z.boolean().optional(),
    }),
  ),
  /**
   * Destination: libvirt's Finish. `cancelled` kills the half-made guest. `running` tells what is true after. With `postcopy` it
   * ends when all memory is here, and nothing here is ever removed by it.
   */
  'migrate.finish': method(
    migrationId.extend({
      cookie: z.base64(),
      cancelled: z.boolean(),
      postcopy: z.boolean().default(false),
    }),
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
      postcopy: z.enum(postCopyStates).optional(),
      /** Source: the guest has gone in post-copy, and may never run here again. */
      switched: z.boolean().optional(),
    }),
  ),
  /**
   * Post-copy whose way broke is taken up again: begin (source), prepare (destination), perform (source), finish (destination),
   * as libvirt has it (VIR_MIGRATE_POSTCOPY_RESUME, libvirt 8.5), then `migrate.confirm`.
   */
  'migrate.recover-begin': method(
    migrationId.extend({ way: copyWaySchema }),
    z.object({ xml: z.string(), cookie: z.base64() }),
  ),
  'migrate.recover-prepare': method(
    migrationId.extend({
      xml: z.string(),
      cookie: z.base64(),
      listenAddress: z.ipv4(),
      way: copyWaySchema,
    }),
    z.object({ uri: z.string(), cookie: z.base64() }),
  ),
  'migrate.recover-perform': method(
    migrationId.extend({
      xml: z.string(),
      cookie: z.base64(),
      uri: z.string(),
      bandwidth: bytes.optional(),
    }),
    z.object({ cookie: z.base64() }),
  ),
  'migrate.recover-finish': method(
    migrationId.extend({ cookie: z.base64() }),
    z.object({ cookie: z.base64(), running: z.boolean() }),
  ),
  /** Either side, once the copy has ended: what the guest's disks hold beyond the image; see the agent's `disk-digest.ts`. */
  'migrate.digest': method(migrationId, z.object({ digest: digestSchema, bytes })),
  /** Either side, once it is decided that the guest does not live here: removes its domain and disk. */
  'migrate.discard': method(migrationId, none),
  /**
   * Either side, once it is decided that the guest lives here: makes it run and stay defined. `decided`: control knows that it
   * does not run at the destination; without that a source whose guest stands still refuses (`migrate.undecided`).
   */
  'migrate.keep': method(
    migrationId.extend({ decided: z.boolean().default(false) }),
    z.object({ state: z.enum(guestStates) }),
  ),
} as const;

export const migrationProgressSchema = migrationStatsSchema;
/** Of `migrate.finish`: the hypervisor has said that the guest goes on, and the rest is book-keeping. */
export const finishProgressSchema = z.object({ running: z.literal(true) });
export type FinishProgress = z.infer<typeof finishProgressSchema>;
