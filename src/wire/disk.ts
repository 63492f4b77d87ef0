/** A guest's disks beside its root disk. Sizes in bytes. */
import { z } from 'zod';

export const mebibyte = 2 ** 20;

/** What the root disk is called where disks are named; its target is `vda`. */
export const rootDisk = 'root';
export const rootTarget = 'vda';

/** Guests see it as the disk's serial number, of which virtio-blk has 20 bytes (virtio 1.2, 5.2.6: VIRTIO_BLK_ID_BYTES). */
export const diskNameSchema = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/,
    'must be 1 to 20 characters of a-z, 0-9 and -, begin with a letter and not end with -',
  );

const extraNameSchema = diskNameSchema.refine((name) => name !== rootDisk, {
  error: `must not be ${rootDisk}: that is the disk that lies on the image`,
});

/** Each has a place of its own in the guest's machine, see `docs/guest-machine.md`. */
export const diskTargets = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm'].map(
  (letter) => `vd${letter}` as const,
);
export const mostDisks = diskTargets.length;

/** Whole MiB, so that no engine and no file system has to round. */
export const diskBytesSchema = z
  .int()
  .positive()
  .multipleOf(mebibyte)
  .max(4096 * 2 ** 30);

export const diskWishSchema = z.object({ name: extraNameSchema, bytes: diskBytesSchema });
export type DiskWish = z.infer<typeof diskWishSchema>;

const differ = (values: readonly string[]): boolean => new Set(values).size === values.length;

export const diskWishesSchema = z
  .array(diskWishSchema)
  .max(mostDisks)
  .refine((disks) => differ(disks.map(({ name }) => name)), { error: 'two disks have the same name' });

/** `target`: its place, kept for as long as the guest has it. */
export const diskSchema = z.object({
  name: extraNameSchema,
  bytes: z.int().positive(),
  target: z.enum(diskTargets),
});
export type Disk = z.infer<typeof diskSchema>;

export const disksSchema = z
  .array(diskSchema)
  .max(mostDisks)
  .refine((disks) => differ(disks.map(({ name }) => name)) && differ(disks.map(({ target }) => target)), {
    error: 'two disks have the same name or target',
  });
