/** An image on its way from the host that has it to one that lacks it, in the tunnel, without control. */
import { z } from 'zod';
import { digestSchema } from '../names.ts';
import { portSchema } from '../network.ts';
import { method } from './method.ts';

const bytes = z.int().nonnegative();

/** Made by control for one transfer: who has it may read that image there. */
const tokenSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');

export const imageProgressSchema = z.object({ doneBytes: bytes, totalBytes: bytes });

export const imageTransferMethods = {
  /**
   * Serves the image on this host's address in the tunnel, until the fetch says that it has it, or for `idleMs` nobody took of it.
   * @throws `image.missing`, `tunnel.none`
   */
  'image.offer': method(
    z.object({ digest: digestSchema, token: tokenSchema, idleMs: z.int().min(1_000).max(600_000) }),
    z.object({ address: z.ipv4(), port: portSchema, bytes }),
  ),
  /**
   * Takes the image from there, checks it against its digest, and has it. What came over a line that broke is kept, and the
   * next fetch, from whomever, goes on behind it. Progress is `imageProgressSchema`. `fetched`: bytes that came this time.
   * @throws `image.fetch-failed`, `image.fetch-cancelled`, `image.digest-mismatch`, `host.disk-full`
   */
  'image.fetch': method(
    z.object({
      digest: digestSchema,
      from: z.object({ address: z.ipv4(), port: portSchema, token: tokenSchema }),
    }),
    z.object({ fetched: bytes }),
  ),
} as const;
