/** A stopped guest's way to another host: the destination fetches its disks from the source. Bytes are counts. */
import { z } from 'zod';
import { guestSpecSchema } from '../guest-spec.ts';
import { carriedLease } from '../lease.ts';
import { digestSchema, nameSchema } from '../names.ts';
import { method } from './method.ts';

const bytes = z.int().nonnegative();
const migrationId = z.object({ operation: z.string(), guest: nameSchema, ...carriedLease });

/** A file among the guest's disks, as it lies on the source. */
export const coldFileSchema = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}\.qcow2$/, 'must be a name with .qcow2'),
  bytes,
});
export type ColdFile = z.infer<typeof coldFileSchema>;

const filesSchema = z.array(coldFileSchema).min(1).max(64);
const digestsSchema = z.array(z.object({ name: coldFileSchema.shape.name, digest: digestSchema }));
export type ColdDigests = z.infer<typeof digestsSchema>;

/** Where one stream may be had, once, for a minute, by whoever has the token. */
export const coldOfferSchema = z.object({
  address: z.ipv4(),
  port: z.int().min(1).max(65_535),
  token: z.string().regex(/^[0-9a-f]{64}$/),
  files: filesSchema,
});
export type ColdOffer = z.infer<typeof coldOfferSchema>;

export const coldMethods = {
  /** Source: from now on the guest cannot be started here. Each call makes an offer of its own. */
  'cold.offer': method(
    migrationId.extend({ bandwidth: bytes.optional().describe('bytes a second; no limit when absent') }),
    coldOfferSchema,
  ),
  /**
   * Destination: goes on where an earlier fetch of this migration ended. Progress messages are `ColdProgress`. `sent`: bytes of
   * disk that came over this time, without what was zero.
   */
  'cold.fetch': method(
    migrationId.extend({ spec: guestSpecSchema, offer: coldOfferSchema }),
    z.object({ sent: bytes }),
  ),
  /** Either side: of each whole file, read again from its first byte. */
  'cold.digest': method(migrationId, z.object({ files: digestsSchema })),
  /** Destination: what was fetched becomes the guest, unless its digests are others than these; started where asked. */
  'cold.adopt': method(
    migrationId.extend({ spec: guestSpecSchema, files: digestsSchema, start: z.boolean() }),
    z.object({ running: z.boolean() }),
  ),
} as const;

/** `done` counts what need not come any more, zeroes included. */
export const coldProgressSchema = z.object({ done: bytes, total: bytes, sent: bytes });
export type ColdProgress = z.infer<typeof coldProgressSchema>;
