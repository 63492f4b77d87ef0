/** A local VM's disk: a qcow2 overlay, so that a VM costs no more than what it writes. */
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { CommandError, run } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';

const bytesPerGiB = 1024 ** 3;
/** Less than this free, and a VM's boot alone may fill the file system. */
const minFreeBytes = bytesPerGiB;

const imageInfoSchema = z.object({
  format: z.string(),
  'virtual-size': z.number(),
  'backing-filename': z.string().optional(),
  'format-specific': z.object({ data: z.looseObject({ 'data-file': z.string().optional() }) }).optional(),
});

/**
 * Makes an overlay of `diskGiB` on the image.
 * @throws `cloud.image-missing`, `cloud.image-bad`, `cloud.image-not-whole`, `cloud.disk-too-small`,
 * `cloud.disk-full`, `cloud.disk-failed`
 */
export async function makeDisk(
  image: string,
  disk: string,
  diskGiB: number,
  signal: AbortSignal,
): Promise<void> {
  const size = await checkImage(image, signal);
  if (size > diskGiB * bytesPerGiB) {
    throw new BlanketError(
      'cloud.disk-too-small',
      `A disk of ${diskGiB} GiB cannot hold the image, which is of ${(size / bytesPerGiB).toFixed(1)} GiB.`,
      { kind: 'usage', next: 'Ask for a larger disk.', data: { image, diskGiB, imageBytes: size } },
    );
  }
  await checkFreeSpace(dirname(disk));
  const args = ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', image, disk, `${diskGiB}G`];
  try {
    await run('qemu-img', args, { signal });
  } catch (cause) {
    if (cause instanceof CommandError && /No space left|Disk quota/.test(cause.stderr)) {
      throw diskFull(dirname(disk), cause);
    }
    throw new BlanketError('cloud.disk-failed', `The disk ${disk} could not be made.`, { cause });
  }
}

/** The image's virtual size in bytes. */
async function checkImage(image: string, signal: AbortSignal): Promise<number> {
  await requireImage(image);
  const info = await readInfo(image, signal);
  if (info.format !== 'qcow2') throw badImage(image, `it is of format ${info.format}`);
  const elsewhere = info['backing-filename'] ?? info['format-specific']?.data['data-file'];
  if (elsewhere === undefined) return info['virtual-size'];
  throw new BlanketError('cloud.image-not-whole', `The image ${image} keeps its data in ${elsewhere}.`, {
    kind: 'usage',
    next: 'Make a whole image of it with `qemu-img convert -O qcow2`.',
    data: { image, elsewhere },
  });
}

/** @throws `cloud.image-missing` */
export async function requireImage(image: string): Promise<void> {
  try {
    if ((await stat(image)).isFile()) return;
  } catch (cause) {
    throw imageMissing(image, cause);
  }
  throw imageMissing(image, undefined);
}

async function readInfo(image: string, signal: AbortSignal): Promise<z.infer<typeof imageInfoSchema>> {
  try {
    const { stdout } = await run('qemu-img', ['info', '-U', '--output=json', image], { signal });
    return imageInfoSchema.parse(JSON.parse(stdout));
  } catch (cause) {
    throw badImage(image, 'qemu-img cannot read it', cause);
  }
}

async function checkFreeSpace(directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < minFreeBytes) throw diskFull(directory, undefined);
}

const imageMissing = (image: string, cause: unknown): BlanketError =>
  new BlanketError('cloud.image-missing', `There is no image ${image}.`, {
    kind: 'not-found',
    next: 'Build it with `make images`.',
    data: { image },
    cause,
  });

const badImage = (image: string, why: string, cause?: unknown): BlanketError =>
  new BlanketError('cloud.image-bad', `${image} is not a qcow2 image: ${why}.`, {
    kind: 'usage',
    data: { image },
    cause,
  });

const diskFull = (directory: string, cause: unknown): BlanketError =>
  new BlanketError('cloud.disk-full', `The file system of ${directory} is full.`, {
    kind: 'blocked',
    next: 'Free at least 1 GiB and try again.',
    data: { directory },
    cause,
  });
