/** What a migration is planned by, read on both hosts; nothing is changed: `plan.*`. */
import { z } from 'zod';
import { engineSchema, nameSchema } from '../names.ts';
import { method } from './method.ts';

const bytes = z.int().nonnegative();

/** What a host's processor can do for a copy that is compressed. */
export const compressingSchema = z.object({
  /** Memory that one of its CPUs compresses by zstd at level 1, bytes a second before compression. */
  bytesPerSecond: z.number().nonnegative(),
  cpus: z.int().positive(),
});
export type Compressing = z.infer<typeof compressingSchema>;
/** Absent: an agent that knows of no compression. */
const compressing = compressingSchema.optional();

/** What the hypervisor says of a guest that might go. */
export const sourceSurveySchema = z.object({
  /** QEMU's name of the machine that the guest runs on, e.g. `pc-q35-7.2`; `null`: the domain does not name one. */
  machine: z.string().nullable(),
  /** Devices that cannot go to another host, in words. */
  stuck: z.array(z.string()),
  /** Snapshots that libvirt keeps of it. */
  snapshots: z.int().nonnegative(),
  /** What its process holds of this host's memory; `null`: not told. */
  residentBytes: bytes.nullable(),
  /** How fast it writes its memory, bytes a second; `null`: not measured. */
  dirtyBytesPerSecond: z.number().nonnegative().nullable(),
  /** Why that was not measured, a full sentence. */
  dirtyUnmeasured: z.string().nullable(),
  compressing,
});
export type SourceSurvey = z.infer<typeof sourceSurveySchema>;

export const destinationSurveySchema = z.object({
  /** Names of all machines that the engine can show a guest. */
  machines: z.array(z.string()),
  /** A guest may fetch its memory here page by page (post-copy); absent: an older agent's. */
  postcopy: z.boolean().optional(),
  compressing,
});
export type DestinationSurvey = z.infer<typeof destinationSurveySchema>;

/** `bytesPerSecond` is that of the later half, when the stream has its pace; `rttMs` the shortest of a few. */
export const pathReadingSchema = z.object({
  bytesPerSecond: z.number().nonnegative(),
  rttMs: z.number().nonnegative(),
  /** What was sent to find out. */
  bytes,
  /** The slowest and the fastest that it was for a good part of the time; absent: an agent of before did not tell. */
  range: z.object({ low: z.number().nonnegative(), high: z.number().nonnegative() }).optional(),
});
export type PathReading = z.infer<typeof pathReadingSchema>;

export const planMethods = {
  /** Source. Measuring how fast the guest writes its memory takes a second, during which it runs as ever. */
  'plan.source': method(z.object({ guest: nameSchema }), sourceSurveySchema),
  'plan.destination': method(z.object({ engine: engineSchema }), destinationSurveySchema),
  /** Destination: receives one measured stream on the tunnel's address only; gone after `lifeMs` whatever comes. */
  'plan.path-sink': method(
    z.object({ lifeMs: z.int().min(500).max(30_000) }),
    z.object({ address: z.ipv4(), port: z.int().min(1).max(65535) }),
  ),
  /** Source: sends for at most `ms` and at most so many bytes. */
  'plan.path-send': method(
    z.object({
      address: z.ipv4(),
      port: z.int().min(1).max(65535),
      ms: z.int().min(100).max(5_000),
      bytes: z
        .int()
        .min(65_536)
        .max(2 ** 26),
    }),
    pathReadingSchema,
  ),
};
