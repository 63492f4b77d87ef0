/**
 * The wire of a guest's serial console (docs/console.md): binary frames carry what is printed and typed. A client that asks for the
 * subprotocol also gets and may send these messages, as JSON in text frames. Offsets count the bytes that the guest has printed
 * since its console's record began; they go on through migrations, as long as the record's id (`stream`) stays.
 */
import { z } from 'zod';

export const consoleProtocol = 'blanket.console.1';

const offset = z.int().nonnegative();
const streamSchema = z.string().regex(/^[0-9a-f]{16}$/);

/** Bytes of what was printed before that a client may ask for: the whole record (four files of 2 MiB). */
export const largestScrollback = 8 << 20;

/** What the address of a console may say, beside the guest. */
export const consoleQuerySchema = z.object({
  mode: z.enum(['read', 'write']).default('write'),
  takeOver: z.stringbool().default(false).describe('from whoever writes there now'),
  stream: streamSchema.optional().describe('the record that `from` counts in'),
  from: z.coerce.number().int().nonnegative().optional().describe('the first byte that is wanted'),
  scrollback: z.coerce.number().int().min(0).max(largestScrollback).default(0),
  ticket: z.string().max(200).optional(),
});
export type ConsoleQuery = z.output<typeof consoleQuerySchema>;

export const fromConsoleSchema = z.discriminatedUnion('type', [
  /** The next byte has this offset. `lost`: bytes that were printed, wanted, and are gone; `null`: nobody knows how many. */
  z.object({ type: z.literal('at'), stream: streamSchema, offset, lost: offset.nullable() }),
  /** Who may type. `other`: the name of who does when it is not you; `null`: nobody. */
  z.object({ type: z.literal('writer'), you: z.boolean(), other: z.string().nullable() }),
  /** `away`: the guest migrates, or its host is out of reach; the connection stays, and goes on with `connected`. */
  z.object({
    type: z.literal('state'),
    state: z.enum(['connected', 'away']),
    host: z.string(),
    why: z.string().optional(),
  }),
  /** What was typed was not taken. */
  z.object({ type: z.literal('refused'), code: z.string(), message: z.string() }),
]);
export type FromConsole = z.infer<typeof fromConsoleSchema>;

export const toConsoleSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('write'), takeOver: z.boolean().default(false) }),
  z.object({ type: z.literal('release') }),
]);
export type ToConsole = z.infer<typeof toConsoleSchema>;

/** WebSocket close codes of control's own (RFC 6455, section 7.4.2), each with a sentence as the reason. */
export const consoleCloses = { stopped: 1000, failed: 4000, notAllowed: 4003 } as const;
