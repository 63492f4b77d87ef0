/** Base disks, content-addressed and never written again: what a guest's own disk lies on. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, chown, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BlanketError } from '../wire/errors.ts';
import type { Paths } from './paths.ts';
import { imageInfo } from './qemu-img.ts';
import { serially } from './serially.ts';
import { syncFolder } from './state-file.ts';

const fileName = /^([0-9a-f]{64})\.qcow2$/;

export async function listImages(paths: Paths): Promise<{ digest: string; bytes: number }[]> {
  await mkdir(paths.images, { recursive: true });
  const images: { digest: string; bytes: number }[] = [];
  for (const name of (await readdir(paths.images)).sort()) {
    const hex = fileName.exec(name)?.[1];
    if (hex === undefined) continue; // a half-taken file of a crash
    images.push({ digest: `sha256:${hex}`, bytes: (await stat(join(paths.images, name))).size });
  }
  return images;
}

export const hasImage = async (paths: Paths, digest: string): Promise<boolean> =>
  (await listImages(paths)).some((image) => image.digest === digest);

/** Digest of a file, read once, as `sha256:<hex>`. */
export async function digestOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

async function check(path: string, digest: string): Promise<void> {
  const actual = await digestOf(path);
  if (actual !== digest) {
    throw new BlanketError('image.digest-mismatch', `The file that came is ${actual}, not ${digest}.`, {
      next: 'Send it again.',
    });
  }
  const info = await imageInfo(path);
  if (info.format !== 'qcow2') {
    throw new BlanketError('image.not-qcow2', `The file that came is ${info.format}, not qcow2.`, {
      kind: 'usage',
    });
  }
  if (info.backingFile !== undefined) {
    throw new BlanketError('image.has-backing', `The image needs another file, ${info.backingFile}.`, {
      kind: 'usage',
      next: 'Flatten it with `qemu-img convert -O qcow2`.',
    });
  }
}

/** @throws BlanketError `image.no-upload` */
async function uploadAt(paths: Paths, upload: string): Promise<string> {
  const path = join(paths.uploads, basename(upload));
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found?.isFile() === true) return path;
  throw new BlanketError('image.no-upload', `There is no uploaded file ${basename(upload)}.`, {
    kind: 'not-found',
  });
}

/**
 * Takes an uploaded file in: it leaves uploads first, so that its uploader's later writes by name miss it, and gets
 * its name only once it is checked and on the disk. On failure the file is gone. Repeating changes nothing.
 * @throws BlanketError `image.no-upload`, `image.digest-mismatch`, `image.not-qcow2`, `image.has-backing`
 */
export const adoptImage = (paths: Paths, digest: string, upload: string): Promise<void> =>
  serially(`image ${digest}`, async () => {
    if (await hasImage(paths, digest)) return rm(join(paths.uploads, basename(upload)), { force: true });
    const taken = `${paths.image(digest)}.taken`;
    await rename(await uploadAt(paths, upload), taken);
    await takeIn(paths, digest, taken);
  });

/**
 * Gives a file of the images' own folder its name, once it is checked and on the disk. On failure the file is gone.
 * @throws BlanketError `image.digest-mismatch`, `image.not-qcow2`, `image.has-backing`
 */
export async function takeIn(paths: Paths, digest: string, taken: string): Promise<void> {
  try {
    await chown(taken, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
    await chmod(taken, 0o444);
    await check(taken, digest);
    await sync(taken);
    await rename(taken, paths.image(digest));
    await syncFolder(paths.images);
  } catch (error) {
    await rm(taken, { force: true });
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws BlanketError `image.in-use` while a guest's disk here lies on it. */
export const removeImage = (paths: Paths, digest: string, users: readonly string[]): Promise<void> =>
  serially(`image ${digest}`, async () => {
    if (users.length > 0) {
      throw new BlanketError('image.in-use', `Image ${digest} carries the disks of ${users.join(', ')}.`, {
        kind: 'conflict',
        data: { guests: users },
      });
    }
    for (const file of ['', '.part']) await rm(`${paths.image(digest)}${file}`, { force: true });
  });
