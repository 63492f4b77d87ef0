/** What control keeps and shows: the resources of the API. Times are ISO 8601, sizes bytes, durations ms. */
import { z } from 'zod';
import { copyChoiceSchema } from './copy-choice.ts';
import { guestCpuSchema } from './cpu.ts';
import { disksSchema } from './disk.ts';
import { problemSchema } from './errors.ts';
import { noticeSchema } from './methods/drivers.ts';
import { proofSchema } from './methods/engines.ts';
import { digestSchema, engineSchema, macSchema, nameSchema } from './names.ts';
import {
  allowRuleSchema,
  guestMetadataSchema,
  mtuSchema,
  noMetadata,
  publishedPortSchema,
} from './network.ts';
import { objectiveSchema, objectiveWishSchema } from './objective.ts';

const time = z.iso.datetime();
const bytes = z.int().nonnegative();

export const cloudSchema = z.object({
  name: nameSchema,
  type: z.string(),
  config: z.record(z.string(), z.unknown()),
  hosts: z.int(),
  createdAt: time,
});
export type Cloud = z.infer<typeof cloudSchema>;

/** The way between two local clouds, in each direction. */
export const linkSchema = z.object({
  clouds: z.tuple([nameSchema, nameSchema]),
  latencyMs: z.number().min(0).max(10_000),
  bandwidthBps: z.number().positive().describe('bytes a second'),
  loss: z.number().min(0).max(1),
});
export type Link = z.infer<typeof linkSchema>;

export const hostStates = ['provisioning', 'ready', 'unreachable', 'failed', 'removing'] as const;

export const hostSchema = z.object({
  name: nameSchema,
  cloud: nameSchema,
  state: z.enum(hostStates),
  driver: z.string().nullable(),
  driverWhy: z.string().nullable(),
  engine: engineSchema.nullable(),
  engineWhy: z.string().nullable(),
  engineScore: z.number().nullable(),
  /** The last proof of its engines. */
  probe: proofSchema.nullable(),
  /** Guests that stay on another engine than the host's: it changed after they were made. */
  guestsOfOtherEngine: z.array(nameSchema),
  vcpus: z.int(),
  memoryMiB: z.int(),
  diskGiB: z.int().optional(),
  /** The driver that somebody chose for it, whatever the facts say. */
  driverOverride: z.string().nullable().optional(),
  /** Where other hosts reach it. */
  address: z.string().nullable(),
  /** Its own address inside the tunnel. */
  tunnelAddress: z.string(),
  /** What its cloud announced and has not taken back. */
  notices: z.array(noticeSchema).default([]),
  /** What is wrong around it that Blanket leaves alone. */
  warnings: z.array(problemSchema).default([]),
  /** Guests leave it, and none may come: see `blanket drain`. */
  maintenance: z.boolean().default(false),
  guests: z.int(),
  createdAt: time,
});
export type Host = z.infer<typeof hostSchema>;

export const imageSchema = z.object({
  name: nameSchema,
  digest: digestSchema,
  bytes,
  virtualBytes: bytes,
  createdAt: time,
});
export type Image = z.infer<typeof imageSchema>;

export const networkSchema = z.object({
  name: nameSchema,
  subnet: z.cidrv4(),
  subnet6: z.cidrv6().nullable(),
  /** The guests' router and name server, the same on every host. */
  gateway: z.ipv4(),
  gateway6: z.ipv6().nullable(),
  vni: z.int(),
  /** Of a guest's card. */
  mtu: mtuSchema,
  /** Its guests do not reach the world. */
  isolated: z.boolean(),
  /** The host through which all its guests reach the world; `null`: each through its own. */
  egress: nameSchema.nullable().default(null),
  /** Of that host: while it is not ready its guests may have no way out. */
  egressState: z.enum(hostStates).nullable().default(null),
  /** Networks whose guests reach this one's, and are reached. */
  connected: z.array(nameSchema),
  guests: z.int(),
  createdAt: time,
});
export type Network = z.infer<typeof networkSchema>;

export const nicSchema = z.object({
  network: nameSchema,
  mac: macSchema,
  address: z.ipv4(),
  address6: z.ipv6().nullable().default(null),
});

export const guestStates = ['creating', 'stopped', 'running', 'migrating', 'attention'] as const;

export const guestSchema = z.object({
  name: nameSchema,
  uuid: z.uuid(),
  state: z.enum(guestStates),
  host: nameSchema,
  image: nameSchema,
  digest: digestSchema,
  engine: engineSchema,
  vcpus: z.int(),
  memoryMiB: z.int(),
  diskBytes: bytes,
  /** Beside the root disk. */
  disks: disksSchema.default([]),
  /** `null`: made before CPUs were pinned. */
  cpu: guestCpuSchema.nullable(),
  nics: z.array(nicSchema),
  /** What may reach it; `null`: everything. */
  allow: z.array(allowRuleSchema).nullable().default(null),
  published: z.array(publishedPortSchema).default([]),
  metadata: guestMetadataSchema.default(noMetadata),
  /** What its migrations keep to, where their command says nothing else. */
  objective: objectiveWishSchema.optional(),
  createdAt: time,
});
export type Guest = z.infer<typeof guestSchema>;

/** One of many: without the user data, which may be long, and hold what is not for every list that is kept somewhere. */
export const listedGuestSchema = guestSchema.extend({
  metadata: guestMetadataSchema.omit({ userData: true }).default({ sshKeys: [] }),
});
export type ListedGuest = z.infer<typeof listedGuestSchema>;

export const operationKinds = [
  'host.provision',
  'host.remove',
  'host.probe',
  'host.conform',
  'host.drain',
  'guest.create',
  'guest.start',
  'guest.stop',
  'guest.remove',
  'guest.disk',
  'guest.migrate',
] as const;
export type OperationKind = (typeof operationKinds)[number];

/** `attention`: the flow could neither finish nor roll back by itself, and says what a person should do. */
export const operationStates = [
  'running',
  'done',
  'failed',
  'rolled-back',
  'cancelled',
  'attention',
] as const;
export type OperationState = (typeof operationStates)[number];

export const phaseRecordSchema = z.object({
  name: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'undone']),
  startedAt: time.nullable(),
  durationMs: z.number().nullable(),
});
export type PhaseRecord = z.infer<typeof phaseRecordSchema>;

/** Within a phase bytes done and the round never fall and bytes left never grow, whatever is written again meanwhile. */
export const progressSchema = z.object({
  message: z.string(),
  doneBytes: bytes.optional(),
  totalBytes: bytes.optional(),
  bytesPerSecond: z.number().optional(),
  dirtyBytesPerSecond: z.number().optional(),
  round: z.int().optional(),
  leftMs: z.number().optional(),
});
export type Progress = z.infer<typeof progressSchema>;

export const operationSchema = z.object({
  id: z.string(),
  kind: z.enum(operationKinds),
  /** What it works on, e.g. `guest/web1`. */
  subject: z.string(),
  state: z.enum(operationStates),
  phases: z.array(phaseRecordSchema),
  progress: progressSchema.nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
  problem: problemSchema.nullable(),
  /** Grows with every change; ask with `since` to wait for the next one. */
  version: z.int(),
  createdAt: time,
  endedAt: time.nullable(),
});
export type Operation = z.infer<typeof operationSchema>;

/** The result of a finished `guest.migrate`, and what `blanket migrate -o json` is made of. */
export const migrationResultSchema = z.object({
  guest: nameSchema,
  source: nameSchema,
  destination: nameSchema,
  downtimeMs: z.number().nullable(),
  /** From the word that the guest goes on at the destination until the last host that could be told sends its frames there. */
  forwardingMs: z.number().nullable().default(null),
  totalMs: z.number(),
  memoryBytes: bytes,
  /** Of the pages that were sent, before compression; zero pages left out. */
  pageBytes: bytes.optional(),
  diskBytes: bytes,
  rounds: z.int(),
  /** What the plan chose, and why. */
  choice: copyChoiceSchema.optional(),
  /** What it was to keep to. */
  objective: objectiveSchema.optional(),
  /** How long the hypervisor could pause the guest at the end; `null`: it was paused for all of its memory. */
  downtimeLimitMs: z.number().nullable().default(null),
  /** The most by which the guest was slowed down to get its memory across. */
  throttlePercent: z.number().default(0),
  /** The guest was paused for longer than a cutover, as had been asked for. */
  paused: z.boolean().default(false),
  /** It went over before its memory, as had been asked for. */
  postcopy: z.boolean().optional(),
  /** Of the disks' data, read on both sides at the cutover and found equal. */
  diskDigest: digestSchema.optional(),
  /** What a check found and let pass. */
  warnings: z.array(problemSchema).optional(),
});
export type MigrationResult = z.infer<typeof migrationResultSchema>;
