/** What is found before a migration, by `blanket migrate --plan` and by every migration's first phase. */
import { z } from 'zod';
import { copyChoiceSchema } from './copy-choice.ts';
import { compressingSchema, pathReadingSchema } from './methods/plan.ts';
import { nameSchema } from './names.ts';
import { predictionSchema } from './prediction.ts';

/** `docs/migration-plan.md` says of each what to do. Scripts match on them, so none is ever renamed. */
export const findingIds = [
  'migrate.same-host',
  'migrate.not-running',
  'migrate.destination-down',
  'migrate.other-engine',
  'operation.busy',
  'host.in-use',
  'host.in-maintenance',
  'migrate.cpu-missing',
  'guest.cpu-too-wide',
  'migrate.host-unread',
  'migrate.name-taken',
  'migrate.no-memory',
  'migrate.no-disk',
  'migrate.emulated-live',
  'migrate.machine-missing',
  'migrate.device-stuck',
  'migrate.no-postcopy',
  'migrate.snapshots',
  'migrate.network-overlap',
  'migrate.survey-unread',
  'migrate.compress-unable',
  'migrate.older-qemu',
  'migrate.older-libvirt',
  'migrate.image-absent',
  'migrate.way-out-changes',
  'migrate.host-notice',
  'migrate.time-skew',
  'migrate.time-unread',
  'migrate.path-unmeasured',
  'migrate.path-unsure',
  'migrate.slow-path',
  'migrate.dirty-unmeasured',
  'migrate.never-converges',
] as const;
export type FindingId = (typeof findingIds)[number];

/** A blocker keeps the migration from beginning; with warnings alone it begins. */
export const findingLevels = ['blocker', 'warning'] as const;

export const findingSchema = z.object({
  /** One of `findingIds`, or a later Blanket's. */
  id: z.string(),
  level: z.enum(findingLevels),
  /** A full sentence. */
  message: z.string(),
  /** What to do, a full sentence. */
  next: z.string(),
  /** Ids and numbers that the message speaks of. */
  data: z.record(z.string(), z.unknown()),
});
export type Finding = z.infer<typeof findingSchema>;

const bytes = z.int().nonnegative();

/** What was measured; `null` where it could not be. */
export const planReadingsSchema = z.object({
  path: pathReadingSchema.nullable(),
  dirtyBytesPerSecond: z.number().nullable(),
  /** The guest's memory, and what of it the source holds. */
  memoryBytes: bytes,
  residentBytes: bytes.nullable(),
  /** The guest's own disk. */
  diskBytes: bytes.nullable(),
  /** Of the image that the destination lacks; 0 when it has it. */
  imageBytes: bytes.nullable(),
  /** The destination's clock before the source's, ms. */
  skewMs: z.number().nullable(),
  /** Of both hosts' processors; absent in plans of an earlier Blanket. */
  compressing: z
    .object({ source: compressingSchema.optional(), destination: compressingSchema.optional() })
    .optional(),
});
export type PlanReadings = z.infer<typeof planReadingsSchema>;

export const migrationPlanSchema = z.object({
  guest: nameSchema,
  source: nameSchema,
  destination: nameSchema,
  blocked: z.boolean(),
  /** Blockers first. */
  findings: z.array(findingSchema),
  readings: planReadingsSchema.nullable(),
  /** Absent: the hosts were not asked. */
  choice: copyChoiceSchema.optional(),
  /** `null`: too little is known. */
  prediction: predictionSchema.nullable().default(null),
});
export type MigrationPlan = z.infer<typeof migrationPlanSchema>;
