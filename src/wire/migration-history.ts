/** Finished migrations, each with what was foretold of it and what came. Times are ms, amounts bytes. */
import { z } from 'zod';
import { copyChoiceSchema } from './copy-choice.ts';
import { planReadingsSchema } from './migration-plan.ts';
import { nameSchema } from './names.ts';
import { objectiveSchema } from './objective.ts';
import { predictionSchema } from './prediction.ts';

const bytes = z.int().nonnegative();

export const pastMigrationSchema = z.object({
  operation: z.string(),
  guest: nameSchema,
  source: nameSchema,
  destination: nameSchema,
  endedAt: z.iso.datetime(),
  objective: objectiveSchema,
  /** How it went, where that was chosen. */
  choice: copyChoiceSchema.optional(),
  /** What the prediction was made from. */
  readings: planReadingsSchema.nullable(),
  predicted: predictionSchema.nullable(),
  measured: z.object({
    totalMs: z.number(),
    downtimeMs: z.number().nullable(),
    /** Of the phase in which disk and memory were sent. */
    copyMs: z.number().nullable(),
    memoryBytes: bytes,
    /** Of the pages that were sent, before compression; zero pages left out. */
    pageBytes: bytes.optional(),
    diskBytes: bytes,
    rounds: z.int(),
    /** It went over before the rest of its memory: `copyMs` ended with that, and nothing is learnt from it. */
    postcopy: z.boolean().optional(),
  }),
});
export type PastMigration = z.infer<typeof pastMigrationSchema>;

/** Of so many for which a range was foretold, so many lay in it. */
const tallySchema = z.object({ predicted: z.int(), within: z.int() });

export const migrationHistorySchema = z.object({
  /** Newest first. */
  migrations: z.array(pastMigrationSchema),
  total: tallySchema,
  downtime: tallySchema,
});
export type MigrationHistory = z.infer<typeof migrationHistorySchema>;
