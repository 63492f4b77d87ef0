/**
 * What is said of a finished migration, signed by the installation that conducted it: an in-toto statement (v1) about the guest,
 * whose predicate is the move. Times are ISO 8601 by control's clock, durations ms, sizes bytes. What is not known is `null`, and
 * `unknown` says why, by the name of the field.
 */
import { z } from 'zod';
import { machineSchema } from './methods/engines.ts';
import { digestSchema, engineSchema, nameSchema } from './names.ts';

export const movePayloadType = 'application/vnd.in-toto+json';
export const movePredicateType = 'urn:blanket:move:v1';

const time = z.iso.datetime();
const bytes = z.int().nonnegative();
const range = z.object({ low: z.number(), high: z.number() });

/** What ran on a host when the guest had gone over. */
export const hostVersionsSchema = z.object({
  agent: z.string(),
  kernel: z.string(),
  libvirt: z.string(),
  qemu: z.string(),
  machine: machineSchema.nullable(),
});
export type HostVersions = z.infer<typeof hostVersionsSchema>;

const sideSchema = z.object({
  host: nameSchema,
  cloud: nameSchema,
  driver: z.string().nullable(),
  engine: engineSchema.nullable(),
  versions: hostVersionsSchema.nullable(),
});

export const moveSchema = z.object({
  operation: z.string(),
  guest: z.object({ name: nameSchema, uuid: z.uuid(), image: digestSchema }),
  source: sideSchema,
  destination: sideSchema,
  startedAt: time,
  endedAt: time,
  phases: z.array(
    z.object({ name: z.string(), startedAt: time.nullable(), durationMs: z.number().nullable() }),
  ),
  totalMs: z.number(),
  memoryBytes: bytes,
  diskBytes: bytes,
  rounds: z.int(),
  downtimeMs: z.number().nullable(),
  /** What had been foretold, as ranges. */
  predicted: z.object({ downtimeMs: range.nullable(), totalMs: range.nullable() }).nullable(),
  disk: z.object({
    /**
     * `digest`: both sides' data was read and compared while the guest stood still; `mirror`: QEMU's mirror reported every block
     * as written and flushed at the destination, and nothing was read again.
     */
    verifiedBy: z.enum(['digest', 'mirror']),
    source: digestSchema.nullable(),
    destination: digestSchema.nullable(),
  }),
  /** How far the guest's own clock was set forward by the move, and by how much that may be wrong. */
  clockStepMs: z.number().nullable(),
  clockStepUncertaintyMs: z.number().nonnegative().nullable().default(null),
  /** Control's version. */
  blanket: z.string(),
  unknown: z.record(z.string(), z.string()),
});
export type Move = z.infer<typeof moveSchema>;

export const moveStatementSchema = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  /** The guest; its digest is that of the image it was made from. */
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })).min(1),
  predicateType: z.literal(movePredicateType),
  predicate: moveSchema,
});
export type MoveStatement = z.infer<typeof moveStatementSchema>;

export const moveStatement = (move: Move): MoveStatement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [
    { name: `guest/${move.guest.name}`, digest: { sha256: move.guest.image.replace('sha256:', '') } },
  ],
  predicateType: movePredicateType,
  predicate: move,
});
