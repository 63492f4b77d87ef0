/** A guest's own disk: an overlay on an image, made empty here or filled by a migration. */
import { mkdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { BlanketError } from '../wire/errors.ts';
import type { GuestSpec } from '../wire/guest-spec.ts';
import { hasImage } from './images.ts';
import type { Paths } from './paths.ts';
import { virtualBytesOf } from './qcow2-header.ts';
import { createOverlay } from './qemu-img.ts';
import { syncFolder } from './state-file.ts';

/** A new overlay is small, but the guest's first writes must not fail. */
const leastFreeBytes = 64 * 1024 * 1024;

export async function freeBytes(paths: Paths): Promise<number> {
  const { bavail, bsize } = await statfs(paths.state);
  return bavail * bsize;
}

/** What the guest's disk takes on this host, bytes; `undefined` when it has none here. */
export const allocatedBytes = (paths: Paths, guest: string): Promise<number | undefined> =>
  stat(paths.disk(guest)).then(
    ({ blocks }) => blocks * 512, // always in 512-byte units (stat(2))
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );

export const hasDisk = async (paths: Paths, guest: string): Promise<boolean> =>
  (await allocatedBytes(paths, guest)) !== undefined;

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

/**
 * Makes the guest's disk; one that is there is left as it is. It gets its name only when it is whole.
 * @throws BlanketError `image.missing`, `guest.disk-too-small`, `host.disk-full`, `disk.failed`
 */
export async function makeDisk(paths: Paths, spec: GuestSpec): Promise<void> {
  if (await hasDisk(paths, spec.name)) return;
  await requireImage(paths, spec);
  await requireRoom(paths);
  const folder = paths.diskFolder(spec.name);
  const draft = `${paths.disk(spec.name)}.new`;
  await mkdir(folder, { recursive: true });
  try {
    await createOverlay(draft, paths.image(spec.image), spec.diskBytes);
    await rename(draft, paths.disk(spec.name));
    await syncFolder(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

export const removeDisk = (paths: Paths, guest: string): Promise<void> =>
  rm(paths.diskFolder(guest), { recursive: true, force: true });
