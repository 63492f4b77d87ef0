/**
 * A fleet as a file: what there is to be. What a file does not say is left to control where a thing is made, and left alone where it is
 * there already. Sizes are written with their units and read as MiB.
 */
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { cpuChoices } from '../../wire/cpu.ts';
import { diskWishSchema, mostDisks } from '../../wire/disk.ts';
import { digestSchema, nameSchema } from '../../wire/names.ts';
import {
  type AllowRule,
  allowRuleSchema,
  guestMetadataSchema,
  mtuSchema,
  portSchema,
} from '../../wire/network.ts';
import { objectiveWishSchema } from '../../wire/objective.ts';
import { parseAllow } from '../parse/allow.ts';
import { parseMemory } from '../parse/quantity.ts';

const mebibyte = 2 ** 20;

/** With the words of the command line's own reader. */
function reading<T>(read: (text: string) => T) {
  return (text: string, context: z.RefinementCtx): T => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  };
}

/** MiB, between the two. */
const size = (least: number, most: number) =>
  z
    .string({ error: 'must be a size with its unit, like 128M or 1G' })
    .transform(reading(parseMemory))
    .refine((mib) => mib >= least && mib <= most, `must be between ${least}M and ${most}M`);

const diskSize = size(1, 4096 * 1024);
const subnet6 = z.cidrv6().transform((text) => {
  const [address = '', bits = ''] = text.split('/');
  return `${new URL(`http://[${address}]/`).hostname.slice(1, -1)}/${bits}`;
});

const cloudSchema = z.strictObject({
  type: z.string().default('local').describe('kind of cloud: local or ssh'),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('what `blanket cloud add` takes: profile and accel of a local one, machines of an ssh one'),
});

const imageSchema = z.strictObject({
  path: z.string().min(1).optional().describe('qcow2 file it is taken in from, beside this file'),
  digest: digestSchema.optional().describe('of its content; without it only the name is looked at'),
});

const networkSchema = z.strictObject({
  subnet: z.cidrv4().describe('addresses of its guests, private ones, like 10.77.0.0/24'),
  subnet6: subnet6.nullable().optional().describe('a private /64 like fd77::/64'),
  isolated: z.boolean().optional().describe('its guests do not reach the world'),
  mtu: mtuSchema.optional().describe('largest packet of its guests, bytes'),
  egress: nameSchema
    .nullable()
    .optional()
    .describe('host through which all its guests reach the world; null: each through its own'),
  connected: z
    .array(nameSchema)
    .optional()
    .describe('networks whose guests reach this one’s: these and no others'),
});

const hostSchema = z.strictObject({
  cloud: nameSchema.describe('cloud it is made in'),
  vcpus: z.int().min(1).max(64).optional(),
  memory: size(512, 1_048_576).optional().describe('like 1536M or 4G'),
  disk: size(2048, 16_384 * 1024)
    .refine((mib) => mib % 1024 === 0, 'must be a whole number of GiB')
    .optional()
    .describe('like 8G'),
  driver: z.string().optional().describe('use this driver whatever the facts say'),
  image: z
    .string()
    .min(1)
    .optional()
    .describe(
      'host image, beside this file; looked at only when the host is made (default: the newest built)',
    ),
  machine: nameSchema
    .optional()
    .describe('which machine of an ssh cloud; looked at only when the host is made (default: the same name)'),
});

const ruleTexts = z.string().transform(reading((text): AllowRule[] => parseAllow(text)));

const publishSchema = z.strictObject({
  port: portSchema.describe('of the hosts'),
  toPort: portSchema.describe('of the guest'),
  protocol: z.enum(['tcp', 'udp']).default('tcp'),
  hosts: z.array(nameSchema).min(1).nullable().default(null).describe('null: every host'),
});

const guestSchema = z
  .strictObject({
    image: nameSchema.describe('image its root disk begins as'),
    host: nameSchema.describe('host it runs on; another than now is a migration'),
    network: nameSchema.optional().describe('default: the only one there is'),
    address: z.ipv4().optional().describe('of the network (default: the lowest free)'),
    vcpus: z.int().min(1).max(64).optional(),
    memory: size(32, 1_048_576).optional().describe('like 128M or 1G'),
    disk: diskSize.optional().describe('its root disk, like 8G; it only grows'),
    disks: z
      .record(diskWishSchema.shape.name, diskSize)
      .refine((disks) => Object.keys(disks).length <= mostDisks, `must be at most ${mostDisks}`)
      .optional()
      .describe('more disks: name and size'),
    cpu: z.enum(cpuChoices).optional().describe('which CPU it is shown, for good'),
    nested: z.boolean().optional().describe('let it run guests of its own'),
    sshKeys: guestMetadataSchema.shape.sshKeys.optional().describe('public keys that may log in'),
    userData: guestMetadataSchema.shape.userData.optional().describe('text for its cloud-init'),
    userDataFile: z.string().min(1).optional().describe('file with that text, beside this file'),
    allow: z
      .array(z.union([ruleTexts, allowRuleSchema.transform((rule) => [rule])]))
      .transform((rules) => rules.flat())
      .nullable()
      .optional()
      .describe('what alone may reach it, as for `blanket guest firewall`; null: everything'),
    publish: z
      .array(publishSchema)
      .optional()
      .describe('ports of hosts that lead to it: these and no others'),
    objective: z
      .strictObject(objectiveWishSchema.shape)
      .optional()
      .describe('what its migrations keep to: this and nothing else'),
    running: z.boolean().optional().describe('false: it is shut down (default: a new one is started)'),
  })
  .refine((guest) => guest.userData == null || guest.userDataFile === undefined, {
    path: ['userDataFile'],
    error: 'userData says it already',
  });

export const fleetSchema = z.strictObject({
  version: z.literal(1).optional().describe('of this form of file'),
  fleet: nameSchema
    .optional()
    .describe('name of the fleet; what is made from these files belongs to it, and only that is ever pruned'),
  clouds: z.record(nameSchema, cloudSchema).optional(),
  images: z.record(nameSchema, imageSchema).optional(),
  networks: z.record(nameSchema, networkSchema).optional(),
  hosts: z.record(nameSchema, hostSchema).optional(),
  guests: z.record(nameSchema, guestSchema).optional(),
});

export type FleetFile = z.input<typeof fleetSchema>;
export type FleetFields = z.output<typeof fleetSchema>;
export type CloudFields = z.output<typeof cloudSchema>;
export type ImageFields = z.output<typeof imageSchema>;
export type NetworkFields = z.output<typeof networkSchema>;
export type HostFields = z.output<typeof hostSchema>;
export type GuestFields = z.output<typeof guestSchema>;

export const bytesOf = (mib: number): number => mib * mebibyte;

/** JSON Schema 2020-12 of what a file may hold. */
export function fleetJsonSchema(): Record<string, unknown> {
  const made = z.toJSONSchema(fleetSchema, {
    io: 'input',
    override({ jsonSchema }) {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  const { $schema, ...rest } = made;
  return { $schema, title: 'A Blanket fleet', ...rest } as Record<string, unknown>;
}
