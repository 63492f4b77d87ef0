/**
 * The audit log: a file of JSON lines, each with the SHA-256 of the line before it, and apart from it a signed head that
 * names the last line. A change has two lines: `asked` before anything is done, `answered` when it is known what came of it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { envelopeSchema } from './dsse.ts';
import { digestSchema } from './names.ts';

/** `local`: over control's Unix socket, whose owner it is. `control`: by itself. */
export const whoSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('local'), user: z.string(), uid: z.int() }),
  z.object({ kind: z.literal('token'), name: z.string(), id: z.string(), role: z.string() }),
  z.object({ kind: z.literal('control') }),
]);
export type Who = z.infer<typeof whoSchema>;

const told = z.record(z.string(), z.unknown());

const askedSchema = z.object({
  event: z.literal('asked'),
  /** Joins it with its `answered`. */
  request: z.string(),
  who: whoSchema,
  /** `socket`, or address and port. */
  from: z.string(),
  route: z.string(),
  params: told,
  query: told,
  /** Fields of the body that the contract lets be told. */
  body: told,
  /** Names of those that it does not. */
  untold: z.array(z.string()),
});

const answeredSchema = z.object({
  event: z.literal('answered'),
  request: z.string(),
  /** HTTP status. */
  status: z.int(),
  /** Of the error. */
  code: z.string().nullable(),
  operation: z.string().nullable(),
});

/** Somebody known asked for what he may not. */
const refusedSchema = z.object({
  event: z.literal('refused'),
  who: whoSchema,
  from: z.string(),
  route: z.string(),
  code: z.string(),
});

/** Too many bad tokens came from an address. */
const lockedSchema = z.object({ event: z.literal('locked-out'), from: z.string(), attempts: z.int() });

/** Control found the file not as it had left it, and goes on in a way that `verify` will always see. */
const mendedSchema = z.object({
  event: z.literal('mended'),
  /** `torn`: a last line without an end, as a crash leaves it, was cut off. `behind`: lines that were written are gone, or differ. */
  what: z.enum(['torn', 'behind', 'no-head']),
  /** Of what was cut off. */
  bytes: z.int(),
  digest: digestSchema.nullable(),
});

export const auditEventSchema = z.discriminatedUnion('event', [
  askedSchema,
  answeredSchema,
  refusedSchema,
  lockedSchema,
  mendedSchema,
]);
export type AuditEvent = z.infer<typeof auditEventSchema>;

const linked = { seq: z.int().min(1), previous: digestSchema, at: z.iso.datetime() };
export const auditLineSchema = z.intersection(z.object(linked), auditEventSchema);
export type AuditLine = z.infer<typeof auditLineSchema>;

/** The last line's number and digest; 0 and the digest of nothing before there is one. */
export const auditHeadSchema = z.object({ seq: z.int().min(0), digest: digestSchema });
export type AuditHead = z.infer<typeof auditHeadSchema>;

export const signedHeadSchema = envelopeSchema;
export const auditHeadType = 'application/vnd.blanket.audit-head+json';

/** Of a line without its end. */
export const digestOf = (line: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(line).digest('hex')}`;

export const emptyHead: AuditHead = { seq: 0, digest: digestOf('') };

/** What `verify` can find; `line` is a place in the file, counted from 1. */
export const findingCodes = [
  'unreadable',
  'changed',
  'removed',
  'reordered',
  'torn',
  'truncated',
  'no-head',
  'bad-head',
  'not-in-log',
] as const;
export const auditFindingSchema = z.object({
  code: z.enum(findingCodes),
  line: z.int().nullable(),
  message: z.string(),
});
export type AuditFinding = z.infer<typeof auditFindingSchema>;

/** A request or an event, with what came of it. */
export const auditEntrySchema = z.object({
  seq: z.int(),
  at: z.iso.datetime(),
  who: whoSchema,
  from: z.string(),
  /** The route's name, or `locked-out` or `mended`. */
  what: z.string(),
  ...{ params: told, query: told, body: told, untold: z.array(z.string()) },
  /** `accepted`: an operation was started, which has an end of its own; `unknown`: control ended before it had answered. */
  outcome: z.enum(['done', 'accepted', 'refused', 'failed', 'unknown']),
  code: z.string().nullable(),
  operation: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;
