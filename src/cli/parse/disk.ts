/** Disks as a person types them: `data=20G`, and `8G` where the root disk is meant. */
import { InvalidArgumentError } from 'commander';
import { type DiskWish, diskBytesSchema, diskNameSchema, mebibyte, rootDisk } from '../../wire/disk.ts';
import { parseDisk, parseMemory } from './quantity.ts';

export type DiskSizes = { rootGiB?: number; disks?: DiskWish[] };

/** @throws InvalidArgumentError */
export function parseDiskName(text: string): string {
  const parsed = diskNameSchema.safeParse(text);
  if (parsed.success) return text;
  throw new InvalidArgumentError(`A disk's name ${parsed.error.issues[0]?.message ?? 'is a word'}.`);
}

/** `name=size`, in whole MiB. @throws InvalidArgumentError */
export function parseNamedDisk(text: string): DiskWish {
  const [, name, size] = /^([^=]*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || size === undefined) {
    throw new InvalidArgumentError('Write its name and its size, like data=20G.');
  }
  const bytes = parseMemory(size) * mebibyte;
  if (diskBytesSchema.safeParse(bytes).success) return { name: parseDiskName(name), bytes };
  throw new InvalidArgumentError('A disk has at most 4T.');
}

/** For an option that may be repeated. @throws InvalidArgumentError */
export function addDiskSizes(text: string, earlier: DiskSizes = {}): DiskSizes {
  if (!text.includes('=')) {
    if (earlier.rootGiB === undefined) return { ...earlier, rootGiB: parseDisk(text) };
    throw new InvalidArgumentError('The root disk has one size; name the others, like data=20G.');
  }
  const disk = parseNamedDisk(text);
  if (disk.name === rootDisk)
    throw new InvalidArgumentError('The size of the root disk stands alone, like 8G.');
  return { ...earlier, disks: [...(earlier.disks ?? []), disk] };
}
