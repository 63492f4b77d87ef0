/**
 * A profile: the virtual hardware, firmware strings and seed that make a VM of this machine look like one of
 * some cloud. Profiles are data, in `infra/profiles/`; a new one needs no code while its models are known.
 */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { type MetadataKind, metadataKinds } from '../../../infra/metadata/instance.ts';
import { BlanketError } from '../../wire/errors.ts';

const directory = fileURLToPath(new URL('../../../infra/profiles/', import.meta.url));
const text = z.string().min(1);
const slot = z.int().min(1).max(31);

export const diskModels = ['virtio-blk', 'virtio-scsi', 'pvscsi', 'nvme', 'ide', 'ahci', 'megasas'] as const;
export const nicModels = ['virtio-net', 'vmxnet3', 'e1000', 'e1000e', 'tulip', 'rtl8139'] as const;
/** Kinds of seed that are an image on a CD. */
export const isoKinds = ['config-drive', 'ovf', 'nocloud'] as const;

export type DiskModel = (typeof diskModels)[number];
export type IsoKind = (typeof isoKinds)[number];

const fields = z.strictObject({
  name: text,
  /** QEMU's machine type: `pc` is the i440FX of 1996 that most clouds still show, `q35` has PCI Express. */
  machine: z.enum(['pc', 'q35']),
  disk: z.enum(diskModels),
  nic: z.enum(nicModels),
  /** How user-data reaches cloud-init: on a CD, or from the metadata service of that cloud. */
  seed: z.enum([...isoKinds, ...metadataKinds]),
  /** A metadata service beside a seed on a CD. */
  metadata: z.enum(metadataKinds).optional(),
  /** PCI slots where the cloud's are known; what has none is given the next free one. */
  slots: z.strictObject({ disk: slot.optional(), uplink: slot.optional(), wan: slot.optional() }).optional(),
  /** The hex digits with which every VM's UUID begins, where the cloud is recognised by them. */
  uuidPrefix: z
    .string()
    .regex(/^[0-9a-f]{1,8}$/)
    .optional(),
  /** Values may hold `{uuid}`, `{hex}` (without hyphens) and `{uuid-spaced}` (VMware's way). */
  smbios: z.strictObject({
    bios: z.strictObject({ vendor: text, version: text }),
    system: z.strictObject({
      manufacturer: text,
      product: text,
      version: text.optional(),
      serial: text,
      family: text.optional(),
    }),
    board: z.strictObject({ manufacturer: text, product: text.optional() }).optional(),
    chassis: z.strictObject({ manufacturer: text, asset: text.optional() }).optional(),
  }),
});

const isIso = (seed: string): seed is IsoKind => isoKinds.some((kind) => kind === seed);

export const profileSchema = fields.refine(({ seed, metadata }) => metadata === undefined || isIso(seed), {
  path: ['metadata'],
  message: 'a VM has one metadata service, and the seed names it already',
});
export type Profile = z.infer<typeof profileSchema>;

/** The seed that a profile's VMs have on a CD. */
export const isoOf = ({ seed }: Pick<Profile, 'seed'>): IsoKind | undefined =>
  isIso(seed) ? seed : undefined;

/** The metadata service that a profile's VMs have. */
export const metadataOf = ({
  seed,
  metadata,
}: Pick<Profile, 'seed' | 'metadata'>): MetadataKind | undefined => (isIso(seed) ? metadata : seed);

export async function profileNames(): Promise<string[]> {
  const files = await readdir(directory);
  return files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
}

/** @throws `cloud.unknown-profile`, `cloud.bad-profile` */
export async function loadProfile(name: string): Promise<Profile> {
  const names = await profileNames();
  if (!names.includes(name)) {
    throw new BlanketError('cloud.unknown-profile', `The local cloud has no profile "${name}".`, {
      kind: 'usage',
      next: `Use one of: ${names.sort().join(', ')}.`,
      data: { profile: name },
    });
  }
  try {
    return profileSchema.parse(parse(await readFile(`${directory}${name}.yaml`, 'utf8')));
  } catch (cause) {
    throw new BlanketError('cloud.bad-profile', `infra/profiles/${name}.yaml is not a valid profile.`, {
      data: { profile: name },
      cause,
    });
  }
}
