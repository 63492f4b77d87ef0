/**
 * A digest of what a guest's disks hold beyond the image: equal on two hosts if, and but for SHA-256 only if, the guest would read the
 * same on both, as both lie on the same image. Only the guest's own files are read, never the image.
 *
 *   blocks (64 KiB) of the file      in the digest
 *   not there                        nothing: the image shows through, which is the same on both
 *   data                             the block's place and its bytes
 *   zeros, written or marked         the block's place, where the image has a block; nothing where it has none
 *
 * So it does not matter how a file came to hold its zeros, nor where in it a block lies. The file may be open in a QEMU whose guest
 * stands still: at the end of a copy both sides have flushed what they held (mirror_flush before the job completes at the
 * destination, bdrv_inactivate_all at the source; QEMU, block/mirror.c and migration/migration.c).
 */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { run } from '../process/run.ts';
import { rootDisk } from '../wire/disk.ts';
import { BlanketError } from '../wire/errors.ts';
import type { GuestSpec } from '../wire/guest-spec.ts';
import type { Paths } from './paths.ts';
import { virtualBytesOf } from './qcow2-header.ts';

/** qcow2's cluster, which `qemu-img create` takes when it is told of no other. */
const blockBytes = 64 * 1024;
/** The list of a badly scattered disk is long; to make it takes no data. */
const mapTimeoutMs = 600_000;

const extentsSchema = z.array(
  z.object({
    start: z.int().nonnegative(),
    length: z.int().positive(),
    depth: z.int(),
    zero: z.boolean(),
    data: z.boolean(),
    /** Absent in QEMU before 6.1, where what is not there is neither data nor, above an image, zero. */
    present: z.boolean().optional(),
    /** In the file; absent for what is compressed. */
    offset: z.int().optional(),
  }),
);
type Extent = z.infer<typeof extentsSchema>[number];

export type DiskDigest = { digest: string; bytes: number };

/** Of all the guest's disks. `bytes`: of data that was read. @throws BlanketError `disk.not-read` */
export async function digestDisks(paths: Paths, spec: GuestSpec, signal: AbortSignal): Promise<DiskDigest> {
  const all = createHash('sha256');
  const imageBytes = await virtualBytesOf(paths.image(spec.image));
  const disks = [
    { name: rootDisk, path: paths.disk(spec.name), below: imageBytes },
    ...spec.disks.map(({ name }) => ({ name, path: paths.extraDisk(spec.name, name), below: 0 })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  let bytes = 0;
  for (const { name, path, below } of disks) {
    const one = await digestFile(path, below, signal);
    all.update(`${name} ${one.digest}\n`);
    bytes += one.bytes;
  }
  return { digest: `sha256:${all.digest('hex')}`, bytes };
}

/** @param below how much of what is not in this file an image shows, bytes. @throws BlanketError `disk.not-read` */
export async function digestFile(path: string, below: number, signal: AbortSignal): Promise<DiskDigest> {
  try {
    const { stdout } = await run('qemu-img', ['map', '-U', '--output=json', path], {
      timeoutMs: mapTimeoutMs,
      signal,
    });
    const extents = extentsSchema.parse(JSON.parse(stdout));
    await using file = await open(path);
    return await digestExtents(file, extents, below, signal);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new BlanketError('disk.not-read', `${path} could not be read for its digest.`, { cause });
  }
}

async function digestExtents(file: FileHandle, extents: Extent[], below: number, signal: AbortSignal) {
  const hash = createHash('sha256');
  const end = extents.reduce((most, { start, length }) => Math.max(most, start + length), 0);
  hash.update(`${end}\n`);
  let bytes = 0;
  for (const extent of extents) {
    const { start, length, depth, zero, data } = extent;
    const present = extent.present ?? (zero || data);
    if (depth !== 0 || !present) continue;
    if (start % blockBytes !== 0) throw new Error(`A block of ${placeOf(extent)} begins inside another.`);
    if (zero) addZeros(hash, start, Math.min(start + length, below));
    else bytes += await addData(hash, file, extent, below, signal);
  }
  return { digest: `sha256:${hash.digest('hex')}`, bytes };
}

const placeOf = ({ start, length }: Extent): string => `${length} bytes at ${start}`;

const addZeros = (hash: Hash, start: number, end: number): void => {
  for (let at = start; at < end; at += blockBytes) hash.update(`zero ${at}\n`);
};

async function addData(
  hash: Hash,
  file: FileHandle,
  extent: Extent,
  below: number,
  signal: AbortSignal,
): Promise<number> {
  const { start, length, offset } = extent;
  if (offset === undefined) throw new Error(`${placeOf(extent)} are compressed.`);
  const block = Buffer.alloc(blockBytes);
  for (let done = 0; done < length; done += blockBytes) {
    signal.throwIfAborted();
    const size = Math.min(blockBytes, length - done);
    const { bytesRead } = await file.read(block, 0, size, offset + done);
    // A file that ends here holds zeros from there on: its last cluster need not be written out.
    const held = block.fill(0, bytesRead).subarray(0, size);
    if (isZero(held)) addZeros(hash, start + done, Math.min(start + done + size, below));
    else hash.update(`data ${start + done} ${size}\n`).update(held);
  }
  return length;
}

const zeros = Buffer.alloc(blockBytes);
const isZero = (block: Buffer): boolean => block.equals(zeros.subarray(0, block.length));
