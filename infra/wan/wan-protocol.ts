/**
 * What is said on the WAN switch's control socket: one JSON object a line, a request and then its answer, as
 * often as the client likes.
 */
import { z } from 'zod';
import { problemSchema } from '../../src/wire/errors.ts';
import { linkSettingsSchema } from './link-settings.ts';

export const wanProtocolVersion = 1;

export const requestSchema = z.discriminatedUnion('op', [
  /** Idempotent: a port of that name on another socket is replaced. */
  z.object({ op: z.literal('attach'), port: z.string(), cloud: z.string(), socket: z.string() }),
  /** Idempotent. The switch ends after it has detached its last port. */
  z.object({ op: z.literal('detach'), port: z.string() }),
  z.object({ op: z.literal('set-link'), a: z.string(), b: z.string(), settings: linkSettingsSchema }),
  z.object({ op: z.literal('list') }),
]);
export type WanRequest = z.infer<typeof requestSchema>;

export const envelopeSchema = z.object({ version: z.int(), request: z.unknown() });

const count = z.int().min(0);

export const wanStateSchema = z.object({
  pid: z.int(),
  ports: z.array(
    z.object({
      name: z.string(),
      cloud: z.string(),
      connected: z.boolean(),
      receivedFrames: count,
      receivedBytes: count,
      sentFrames: count,
      sentBytes: count,
      dropped: count,
    }),
  ),
  directions: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      frames: count,
      bytes: count,
      /** Frames refused because the queue was full. */
      dropped: count,
      /** Frames lost by the link's loss. */
      lost: count,
      waitingBytes: count,
    }),
  ),
});
export type WanState = z.infer<typeof wanStateSchema>;

export const answerSchema = z.union([
  z.object({ version: z.int(), state: wanStateSchema }),
  z.object({ version: z.int(), problem: problemSchema }),
]);
export type WanAnswer = z.infer<typeof answerSchema>;
