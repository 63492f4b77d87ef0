/** What the store keeps. A record holds the truth; counts and views that the API shows are made from it. */
import { z } from 'zod';
import { engineCpuSchema, guestCpuSchema } from '../../wire/cpu.ts';
import { disksSchema } from '../../wire/disk.ts';
import { envelopeSchema } from '../../wire/dsse.ts';
import { problemSchema } from '../../wire/errors.ts';
import { leaseSchema } from '../../wire/lease.ts';
import { noticeSchema } from '../../wire/methods/drivers.ts';
import { machineSchema, proofSchema } from '../../wire/methods/engines.ts';
import { pastMigrationSchema } from '../../wire/migration-history.ts';
import { digestSchema, engineSchema, nameSchema } from '../../wire/names.ts';
import {
  allowRuleSchema,
  guestMetadataSchema,
  mtuSchema,
  noMetadata,
  publishedPortSchema,
} from '../../wire/network.ts';
import { objectiveWishSchema } from '../../wire/objective.ts';
import { guestStates, hostStates, nicSchema, operationSchema } from '../../wire/resources.ts';
import { conformanceSchema } from '../../wire/routes/conform.ts';
import { memberSchema } from '../../wire/routes/member.ts';
import { tokenSchema } from '../../wire/routes/token.ts';

const time = z.iso.datetime();

export const cloudRecordSchema = z.object({
  name: nameSchema,
  type: z.string(),
  config: z.record(z.string(), z.unknown()),
  createdAt: time,
});
export type CloudRecord = z.infer<typeof cloudRecordSchema>;

/** An address with its prefix, e.g. `10.0.2.15/24`. */
export const hostSubnetSchema = z.union([z.cidrv4(), z.cidrv6()]);

/** Tunnels have a /24 for them. */
export const mostHosts = 200;

export const hostRecordSchema = z.object({
  name: nameSchema,
  cloud: nameSchema,
  state: z.enum(hostStates),
  image: z.string(),
  vcpus: z.int(),
  memoryMiB: z.int(),
  diskGiB: z.int(),
  /** Small number, unique among hosts: its addresses in the tunnel and on guest networks come from it. */
  index: z.int().min(1).max(mostHosts),
  /** Host key made by control: OpenSSH private key, and the public one as `ssh-ed25519 AAAA…`. */
  hostKeyPrivate: z.string(),
  hostKeyPublic: z.string(),
  driverOverride: z.string().nullable(),
  ssh: z.object({ host: z.string(), port: z.int() }).nullable(),
  address: z.string().nullable(),
  /** What its own cards are on; `null`: never asked. */
  subnets: z.array(hostSubnetSchema).nullable().default(null),
  tunnelKey: z.string().nullable(),
  /** The key that is to take the place of `tunnelKey`: asked for, and not yet in use everywhere. */
  tunnelKeyNext: z.string().nullable().default(null),
  /** Largest packet, bytes, that passes from it to other hosts uncut; `null`: never measured. */
  pathMtu: z.int().nullable().default(null),
  /** Nobody can begin towards it; it begins itself. */
  behindNat: z.boolean().default(false),
  driver: z.string().nullable(),
  driverWhy: z.string().nullable(),
  engine: engineSchema.nullable(),
  engineWhy: z.string().nullable(),
  engineScore: z.number().nullable(),
  probe: proofSchema.nullable().default(null),
  /** Another machine than that of `probe`, for which control has tried a proof by itself. */
  probeTriedFor: machineSchema.nullable().default(null),
  /** What its engine could show a guest when it was last asked. */
  cpu: engineCpuSchema.extend({ engine: engineSchema }).nullable().default(null),
  /** What its cloud announced and has not taken back. */
  notices: z.array(noticeSchema).default([]),
  /** What is wrong around it that Blanket leaves alone. */
  warnings: z.array(problemSchema).default([]),
  /** Guests leave it, and none may come. */
  maintenance: z.boolean().default(false),
  createdAt: time,
});
export type HostRecord = z.infer<typeof hostRecordSchema>;

export const imageRecordSchema = z.object({
  name: nameSchema,
  digest: digestSchema,
  bytes: z.int(),
  virtualBytes: z.int(),
  createdAt: time,
});
export type ImageRecord = z.infer<typeof imageRecordSchema>;

export const networkRecordSchema = z.object({
  name: nameSchema,
  subnet: z.cidrv4(),
  subnet6: z.cidrv6().nullable().default(null),
  vni: z.int(),
  mtu: mtuSchema.default(1370),
  isolated: z.boolean().default(true),
  /** The host through which its guests reach the world; `null`: each through its own. */
  egress: nameSchema.nullable().default(null),
  connected: z.array(nameSchema).default([]),
  /** Each host's own address on it, without prefix, by the host's name. */
  hostAddresses: z.record(nameSchema, z.ipv4()).default({}),
  createdAt: time,
});
export type NetworkRecord = z.infer<typeof networkRecordSchema>;

export const guestRecordSchema = z.object({
  name: nameSchema,
  uuid: z.uuid(),
  state: z.enum(guestStates),
  host: nameSchema,
  image: nameSchema,
  digest: digestSchema,
  engine: engineSchema,
  vcpus: z.int(),
  memoryMiB: z.int(),
  diskBytes: z.int(),
  disks: disksSchema.default([]),
  cpu: guestCpuSchema.nullable().default(null),
  nics: z.array(nicSchema),
  allow: z.array(allowRuleSchema).nullable().default(null),
  published: z.array(publishedPortSchema).default([]),
  metadata: guestMetadataSchema.default(noMetadata),
  objective: objectiveWishSchema.optional(),
  /** Grows whenever it is decided where the guest lives (`wire/lease.ts`); 0: made before there were leases. */
  lease: leaseSchema.default(0),
  createdAt: time,
});
export type GuestRecord = z.infer<typeof guestRecordSchema>;

/** What a person has set, by name; whoever reads it checks the value. */
export const settingRecordSchema = z.object({ name: nameSchema, value: z.unknown() });
export type SettingRecord = z.infer<typeof settingRecordSchema>;

/** By the operation that made it. */
export const conformanceRecordSchema = conformanceSchema.extend({ name: operationSchema.shape.id });

/** By the operation that it was. */
export const migrationRecordSchema = pastMigrationSchema.extend({ name: operationSchema.shape.id });

/** `hash`: SHA-256 of the secret. */
export const tokenRecordSchema = tokenSchema.extend({ hash: z.string() });
export type TokenRecord = z.infer<typeof tokenRecordSchema>;

/** To which fleet a thing belongs; its `name` here is `kind/name`. `createdAt`: when the thing was made. */
export const memberRecordSchema = memberSchema.extend({ name: z.string(), of: nameSchema, createdAt: time });

/** An operation with what its flow needs to go on or back after a restart. */
export const operationRecordSchema = operationSchema.extend({
  name: operationSchema.shape.id,
  flowState: z.record(z.string(), z.unknown()),
  /** The signed record of a migration that is done. */
  proof: envelopeSchema.optional(),
  /** A person asked it to stop. */
  cancelAskedAt: time.optional(),
});
export type OperationRecord = z.infer<typeof operationRecordSchema>;
