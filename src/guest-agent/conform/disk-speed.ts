/**
 * Sequential throughput through the file system, against the device under it. Nothing is ever written to the device
 * itself: the file system's own blocks are read raw. The two ways of reading take turns, and the best of each counts, so
 * that neither a busy moment nor a cache below that was cold for the first of them makes the difference.
 */
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../../process/run.ts';
import type { DiskSpeed } from '../../wire/methods/conform.ts';
import type { Paths } from '../paths.ts';
import { dd, speedOf } from './dd.ts';
import { deviceUnder, placeOf } from './device.ts';
import { conformFolder, inConformFolder } from './kept-file.ts';

const mebi = 2 ** 20;
/** On a thin disk every block written is one that its cloud must find room for. */
const mostMiB = 512;
const turns = 3;

/** A quarter of what is free, so that guests beside it do not run out. */
async function roomMiB(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return Math.max(1, Math.min(mostMiB, Math.floor((bavail * bsize) / 4 / mebi)));
}

/** A host whose device is shut to its own root can still carry a blanket: that is said, and nothing is compared. */
async function readRaw(
  device: string,
  from: number,
  bytes: number,
  ms: number,
  signal: AbortSignal,
): Promise<Pick<DiskSpeed, 'rawRead' | 'rawRefused'>> {
  const operands = [`if=${device}`, 'of=/dev/null', 'bs=1M', 'iflag=direct,skip_bytes', `skip=${from}`];
  try {
    return { rawRead: speedOf(await dd([...operands, `count=${Math.ceil(bytes / mebi)}`], ms, signal)) };
  } catch (error) {
    if (!(error instanceof CommandError) || signal.aborted) throw error;
    return { rawRefused: `${device} cannot be read: ${error.stderr.trim()}.` };
  }
}

type ReadSpeeds = Pick<DiskSpeed, 'read' | 'rawRead' | 'rawRefused'>;

async function readInTurns(file: string, device: string, bytes: number, ms: number, signal: AbortSignal) {
  const from = await placeOf(file);
  let best: ReadSpeeds = { read: 0 };
  for (let turn = 0; turn < turns; turn++) {
    const read = await dd([`if=${file}`, 'of=/dev/null', 'bs=1M', 'iflag=direct'], ms / turns, signal);
    const raw = await readRaw(device, from, bytes, ms / turns, signal);
    best = {
      ...raw,
      read: Math.max(best.read, speedOf(read)),
      ...(raw.rawRead !== undefined && { rawRead: Math.max(best.rawRead ?? 0, raw.rawRead) }),
    };
  }
  return best;
}

/** @param ms for writing, for reading files and for reading the device, each. @throws BlanketError `conform.no-device`, `conform.dd`; CommandError of dd. */
export const measureDisk = (
  paths: Pick<Paths, 'state'>,
  ms: number,
  signal: AbortSignal,
): Promise<DiskSpeed> =>
  inConformFolder(async () => {
    const folder = await conformFolder(paths);
    const file = join(folder, 'speed');
    try {
      const device = await deviceUnder(folder);
      const count = `count=${await roomMiB(folder)}`;
      const write = await dd(['if=/dev/zero', `of=${file}`, 'bs=1M', 'oflag=direct', count], ms, signal);
      const speeds = await readInTurns(file, device, write.bytes, ms, signal);
      return { device, write: speedOf(write), bytes: write.bytes, ...speeds };
    } finally {
      await rm(file, { force: true });
    }
  });
