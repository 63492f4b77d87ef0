/** The block device under a folder, and where on it a file begins. */
import { readFile, stat } from 'node:fs/promises';
import { run } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';

/** stat(2)'s device number as the kernel counts it: 12 bits of major, 20 of minor in two parts (makedev(3)). */
export function majorMinor(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn);
  return `${major}:${minor}`;
}

/**
 * E.g. `/dev/vda1`.
 * @throws BlanketError `conform.no-device` for a file system that is on no block device of its own.
 */
export async function deviceUnder(folder: string): Promise<string> {
  const { dev } = await stat(folder, { bigint: true });
  const uevent = await readFile(`/sys/dev/block/${majorMinor(dev)}/uevent`, 'utf8').catch(
    (cause: unknown) => {
      throw new BlanketError('conform.no-device', `${folder} is not on a block device of its own.`, {
        kind: 'blocked',
        cause,
      });
    },
  );
  return `/dev/${/^DEVNAME=(.+)$/m.exec(uevent)?.[1] ?? ''}`;
}

/** `filefrag -v`: `   0:        0..    1023:      34816..     35839:   1024: …`, in blocks of the size its head tells. */
export function firstExtent(text: string): number | undefined {
  const size = /blocks? of (\d+) bytes/.exec(text)?.[1];
  const start = /^\s*0:\s*0\.\.\s*\d+:\s*(\d+)\.\./m.exec(text)?.[1];
  return size === undefined || start === undefined ? undefined : Number(size) * Number(start);
}

/**
 * Bytes from the device's beginning. Reading the same blocks raw that the file system has read is the fair
 * comparison on a disk that is thin or that someone caches; where it cannot be told it is the device's beginning.
 */
export async function placeOf(file: string): Promise<number> {
  const extents = await run('filefrag', ['-v', file], { timeoutMs: 20_000 }).catch(() => undefined);
  return (extents === undefined ? undefined : firstExtent(extents.stdout)) ?? 0;
}
