/**
 * What a migration is to keep to. A wish names only what a person has asked for; the objective of a migration is the
 * command's wish over the guest's own over these defaults. Times are ms, bandwidth is bytes a second.
 */
import { z } from 'zod';

/** libvirt's unit of bandwidth is a MiB a second. */
export const bandwidthUnit = 2 ** 20;

/**
 * `auto`: live, or cold when the guest is stopped. `suspend`: the guest is paused while its memory is copied. `cold`: it is shut
 * down, its disks go over, and it is started there.
 */
export const migrationModes = ['auto', 'live', 'suspend', 'cold'] as const;
export type MigrationMode = (typeof migrationModes)[number];

/**
 * What happens once `maxTotalMs` is over: the guest stays where it is, is paused so that the rest can go over, or goes over at
 * once and has the rest fetched (`postcopy`: only ever by a person's own word, since a failure on the way then loses it).
 */
export const timeoutActions = ['abort', 'pause', 'postcopy'] as const;
export type TimeoutAction = (typeof timeoutActions)[number];

/** `auto`: chosen by the plan from the way between the hosts and their processors (`copy-choice.ts`). */
export const compressWishes = ['auto', 'none', 'zstd'] as const;
export type CompressWish = (typeof compressWishes)[number];

const day = 24 * 60 * 60 * 1000;

const wishes = {
  maxDowntimeMs: z.int().min(1).max(600_000),
  maxTotalMs: z
    .int()
    .min(1_000)
    .max(7 * day),
  bandwidthBps: z.int().min(bandwidthUnit).describe('bytes a second, in whole MiB/s; no limit when absent'),
  onTimeout: z.enum(timeoutActions),
  mode: z.enum(migrationModes),
  connections: z
    .union([z.literal('auto'), z.int().min(1).max(16)])
    .describe('side by side, for the memory; auto: chosen by the plan'),
  compress: z.enum(compressWishes).describe('whether the memory is compressed; auto: chosen by the plan'),
  autoConverge: z.boolean().describe('slow the guest down when its memory does not converge'),
  verifyDisk: z.boolean().describe('read and compare the disks on both sides while the guest stands still'),
  syncTime: z.boolean().describe("set the guest's clock to its host's after the move, by its guest agent"),
};

export const objectiveWishSchema = z.object(wishes).partial();
export type ObjectiveWish = z.infer<typeof objectiveWishSchema>;

export const objectiveSchema = z.object({
  maxDowntimeMs: wishes.maxDowntimeMs.default(500),
  maxTotalMs: wishes.maxTotalMs.optional(),
  bandwidthBps: wishes.bandwidthBps.optional(),
  onTimeout: wishes.onTimeout.default('abort'),
  mode: wishes.mode.default('auto'),
  autoConverge: wishes.autoConverge.default(true),
  connections: wishes.connections.default('auto'),
  compress: wishes.compress.default('auto'),
  verifyDisk: wishes.verifyDisk.optional(),
  syncTime: wishes.syncTime.optional(),
});
export type Objective = z.infer<typeof objectiveSchema>;

/** A guest's own wishes; `null` takes one back. */
export const objectiveChangeSchema = z.object({
  maxDowntimeMs: wishes.maxDowntimeMs.nullable().optional(),
  maxTotalMs: wishes.maxTotalMs.nullable().optional(),
  bandwidthBps: wishes.bandwidthBps.nullable().optional(),
  onTimeout: wishes.onTimeout.nullable().optional(),
  mode: wishes.mode.nullable().optional(),
  autoConverge: wishes.autoConverge.nullable().optional(),
  connections: wishes.connections.nullable().optional(),
  compress: wishes.compress.nullable().optional(),
  verifyDisk: wishes.verifyDisk.nullable().optional(),
  syncTime: wishes.syncTime.nullable().optional(),
});
export type ObjectiveChange = z.infer<typeof objectiveChangeSchema>;

export const defaultObjective: Objective = objectiveSchema.parse({});
