/** A guest's own clock, asked of a program in the guest that answers the host (QEMU's guest agent): `clock.*`. */
import { z } from 'zod';
import { nameSchema } from '../names.ts';
import { method, none } from './method.ts';

const wish = z.object({
  guest: nameSchema,
  /** No longer is waited for, ms. */
  limitMs: z.int().min(100).max(10_000),
});

/** The host's clock when it asked and when it was answered, and the guest's between the two; Unix ms. */
export const guestClockSampleSchema = z.object({
  sentMs: z.number(),
  receivedMs: z.number(),
  unixMs: z.number(),
});

export const clockMethods = {
  /** At least one sample. Refuses with `clock.no-agent` when nothing in the guest answers. */
  'clock.read': method(wish, z.object({ samples: z.array(guestClockSampleSchema).min(1) })),
  /** Sets it to the host's. Refuses as `clock.read` does. */
  'clock.set': method(wish, none),
};
