/** Conformance of hosts: the suite is an operation, what it found is a record. */
import { z } from 'zod';
import { admin, viewer } from '../access.ts';
import {
  diskSpeedSchema,
  flowSchema,
  keptNowSchema,
  lossSchema,
  overheadSchema,
  pathSchema,
} from '../methods/conform.ts';
import { shimReportSchema } from '../methods/drivers.ts';
import { engineSchema, nameSchema } from '../names.ts';
import { operationSchema } from '../resources.ts';
import { byName, route } from './route.ts';

/** A reading is a value, or why there is none: `failed` counts against the host, `skipped` does not. */
const readingOf = <V extends z.ZodType>(value: V) =>
  z.union([z.object({ value }), z.object({ failed: z.string() }), z.object({ skipped: z.string() })]);

export type Reading<T> = { value: T } | { failed: string } | { skipped: string };

/** The host's clock against control's. `uncertaintyMs` is half the round trip, and the clocks' grain. */
export const offsetSchema = z.object({
  atMs: z.number(),
  offsetMs: z.number(),
  uncertaintyMs: z.number(),
  /** How far the offsets of fast answers lie apart. */
  spreadMs: z.number(),
});
export type ClockOffset = z.infer<typeof offsetSchema>;

export const driftSchema = z.object({
  offsetMs: z.number(),
  offsetUncertaintyMs: z.number(),
  ppm: z.number(),
  ppmUncertainty: z.number(),
  overMs: z.number(),
  source: z.string(),
});
export type ClockDrift = z.infer<typeof driftSchema>;

const engineReadingSchema = z.object({ chosen: engineSchema, why: z.string(), score: z.number().optional() });
export type EngineReading = z.infer<typeof engineReadingSchema>;
const driverReadingSchema = z.object({ driver: z.string(), shims: z.array(shimReportSchema) });
export type DriverReading = z.infer<typeof driverReadingSchema>;

export const peerSchema = z.object({
  host: nameSchema,
  throughput: readingOf(flowSchema),
  loss: readingOf(lossSchema),
  outerPath: readingOf(pathSchema),
  tunnelPath: readingOf(pathSchema),
});
export type PeerReadings = z.infer<typeof peerSchema>;

export const measurementSchema = z.object({
  at: z.iso.datetime(),
  bootId: z.string(),
  disk: readingOf(diskSpeedSchema),
  clock: readingOf(driftSchema),
  engine: readingOf(engineReadingSchema),
  driver: readingOf(driverReadingSchema),
  overhead: readingOf(overheadSchema),
  /** Empty when there is no other host that is ready. */
  peers: z.array(peerSchema),
});
export type Measurement = z.infer<typeof measurementSchema>;

export const verdicts = ['ok', 'failed', 'skipped'] as const;

/** `before` and `after` are values as a person reads them. */
export const checkSchema = z.object({
  name: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  verdict: z.enum(verdicts),
  reason: z.string(),
});
export type Check = z.infer<typeof checkSchema>;

export const conformanceSchema = z.object({
  operation: z.string(),
  host: nameSchema,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** No check failed. */
  ok: z.boolean(),
  rebooted: z.boolean(),
  /** From the order to reboot until the agent answered again. */
  rebootMs: z.number().nullable(),
  cloud: nameSchema,
  cloudType: z.string(),
  /** Of a local cloud: whose virtual hardware it plays. */
  profile: z.string().nullable(),
  driver: z.string().nullable(),
  versions: z.object({
    blanket: z.string(),
    agent: z.string(),
    kernel: z.string(),
    libvirt: z.string(),
    qemu: z.string(),
    node: z.string(),
  }),
  checks: z.array(checkSchema),
  kept: readingOf(keptNowSchema),
  before: measurementSchema,
  after: measurementSchema.nullable(),
});
export type Conformance = z.infer<typeof conformanceSchema>;

export const conformRoutes = {
  'host.conform': route(
    'POST /hosts/:name/conform',
    202,
    'Measure a host, reboot it, measure again',
    operationSchema,
    {
      needs: admin,
      told: ['reboot'],
      params: byName,
      body: z.object({
        reboot: z.boolean().default(true).describe('without it nothing is said about what a reboot keeps'),
        bootTimeoutMs: z
          .int()
          .min(1_000)
          .default(600_000)
          .describe('until it answers again after the reboot'),
      }),
    },
  ),
  'host.conformance': route(
    'GET /hosts/:name/conformance',
    200,
    'What the last conformance run of a host found',
    conformanceSchema,
    { needs: viewer, params: byName },
  ),
} as const;
