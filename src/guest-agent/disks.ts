/** A guest's disks on this host: the root disk, an overlay on an image, and those beside it, which begin empty. */
import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { BlanketError } from '../wire/errors.ts';
import type { GuestSpec } from '../wire/guest-spec.ts';
import { hasImage } from './images.ts';
import type { Paths } from './paths.ts';
import { virtualBytesOf } from './qcow2-header.ts';
import { createEmpty, createOverlay } from './qemu-img.ts';
import { syncFolder } from './state-file.ts';

/** A new disk is small, but the guest's first writes must not fail. */
const leastFreeBytes = 64 * 1024 * 1024;

export async function freeBytes(paths: Paths): Promise<number> {
  const { bavail, bsize } = await statfs(paths.state);
  return bavail * bsize;
}

function nothing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** What a file takes on this host, bytes; `undefined` when it is not there. */
export const fileAllocated = (path: string): Promise<number | undefined> =>
  stat(path).then(({ blocks }) => blocks * 512, nothing); // always in 512-byte units (stat(2))

/** What all the guest's disks take on this host, bytes; `undefined` when it has none here. */
export async function allocatedBytes(paths: Paths, guest: string): Promise<number | undefined> {
  if (!(await hasDisk(paths, guest))) return undefined;
  let sum = 0;
  for (const name of await readdir(paths.diskFolder(guest))) {
    sum += (await fileAllocated(join(paths.diskFolder(guest), name))) ?? 0;
  }
  return sum;
}

export const hasDisk = async (paths: Paths, guest: string): Promise<boolean> =>
  (await fileAllocated(paths.disk(guest))) !== undefined;

async function requireRoom(paths: Paths): Promise<void> {
  const free = await freeBytes(paths);
  if (free >= leastFreeBytes) return;
  throw new BlanketError('host.disk-full', `This host has ${free} bytes of disk left.`, {
    next: 'Remove guests or images from this host, or give it a larger disk.',
    data: { free, needed: leastFreeBytes },
  });
}

async function requireImage(paths: Paths, spec: GuestSpec): Promise<void> {
  if (!(await hasImage(paths, spec.image))) {
    throw new BlanketError('image.missing', `This host does not have image ${spec.image}.`, {
      kind: 'not-found',
      next: 'Send the image to this host first.',
    });
  }
  const virtualBytes = await virtualBytesOf(paths.image(spec.image));
  if (spec.diskBytes >= virtualBytes) return;
  throw new BlanketError(
    'guest.disk-too-small',
    `The image needs ${virtualBytes} bytes; the disk of ${spec.name} would have ${spec.diskBytes}.`,
    { kind: 'usage', data: { image: virtualBytes, disk: spec.diskBytes } },
  );
}

type DiskFile = { path: string; make(path: string): Promise<void> };

const rootFile = (paths: Paths, { name, image, diskBytes }: GuestSpec): DiskFile => ({
  path: paths.disk(name),
  make: (path) => createOverlay(path, paths.image(image), diskBytes),
});

const filesOf = (paths: Paths, spec: GuestSpec): DiskFile[] => [
  rootFile(paths, spec),
  ...spec.disks.map(({ name, bytes }) => ({
    path: paths.extraDisk(spec.name, name),
    make: (path: string) => createEmpty(path, bytes),
  })),
];

/**
 * Makes the guest's disks; one that is there is left as it is. Each gets its name only when it is whole.
 * @throws BlanketError `image.missing`, `guest.disk-too-small`, `host.disk-full`, `disk.failed`; none that it made stays.
 */
export async function makeDisks(paths: Paths, spec: GuestSpec): Promise<void> {
  const folder = paths.diskFolder(spec.name);
  const fresh = !(await hasDisk(paths, spec.name));
  if (fresh) await requireImage(paths, spec);
  const made: string[] = [];
  try {
    for (const { path, make } of filesOf(paths, spec)) {
      if ((await fileAllocated(path)) !== undefined) continue;
      await requireRoom(paths);
      await mkdir(folder, { recursive: true });
      made.push(path);
      await make(`${path}.new`);
      await rename(`${path}.new`, path);
    }
    if (made.length > 0) await syncFolder(folder);
  } catch (error) {
    for (const path of made) for (const file of [path, `${path}.new`]) await rm(file, { force: true });
    if (fresh) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Deletes every file among the guest's disks that its spec does not name. */
export async function removeOtherDisks(paths: Paths, spec: GuestSpec): Promise<void> {
  const named = new Set(filesOf(paths, spec).map(({ path }) => path));
  const folder = paths.diskFolder(spec.name);
  for (const name of await readdir(folder)) {
    if (!named.has(join(folder, name))) await rm(join(folder, name));
  }
  await syncFolder(folder);
}

export const removeDisks = (paths: Paths, guest: string): Promise<void> =>
  rm(paths.diskFolder(guest), { recursive: true, force: true });
