/**
 * A file that must outlive a reboot. Each block of 4096 bytes begins with the SHA-256 of its number and of what
 * follows, so that after the reboot a block that is torn, lost or somebody else's is told from a file that is gone:
 *
 *   | sha256(number, rest) 32 bytes | random, 4064 bytes |  | … |
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptFile, KeptNow } from '../../wire/methods/conform.ts';
import type { Paths } from '../paths.ts';
import { serially } from '../serially.ts';
import { syncFolder } from '../state-file.ts';

const blockBytes = 4096;
const digestBytes = 32;

const folderOf = ({ state }: Pick<Paths, 'state'>) => join(state, 'conform');
const keptFile = (paths: Pick<Paths, 'state'>) => join(folderOf(paths), 'kept');

/** The folder of the suite's files, made when it is not there. */
export async function conformFolder(paths: Pick<Paths, 'state'>): Promise<string> {
  const folder = folderOf(paths);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** One thing at a time in the suite's folder, so that nothing is removed under a measurement. */
export const inConformFolder = <T>(work: () => Promise<T>): Promise<T> => serially('conform', work);

export const cleanFolder = (paths: Pick<Paths, 'state'>): Promise<void> =>
  inConformFolder(() => rm(folderOf(paths), { recursive: true, force: true }));

function blockDigest(number: number, rest: Uint8Array): Buffer {
  return createHash('sha256').update(String(number)).update(rest).digest();
}

function makeBlocks(count: number): Buffer {
  const content = randomBytes(count * blockBytes);
  for (let number = 0; number < count; number++) {
    const block = content.subarray(number * blockBytes, (number + 1) * blockBytes);
    blockDigest(number, block.subarray(digestBytes)).copy(block);
  }
  return content;
}

function isWhole(content: Buffer, number: number): boolean {
  const block = content.subarray(number * blockBytes, (number + 1) * blockBytes);
  return (
    block.length === blockBytes &&
    blockDigest(number, block.subarray(digestBytes)).equals(block.subarray(0, digestBytes))
  );
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Writes whole blocks, at least one, and returns when they and the file's name are on the disk. */
export const keepFile = (paths: Pick<Paths, 'state'>, bytes: number): Promise<KeptFile> =>
  inConformFolder(async () => {
    const folder = folderOf(paths);
    await rm(folder, { recursive: true, force: true });
    await conformFolder(paths);
    const content = makeBlocks(Math.max(1, Math.floor(bytes / blockBytes)));
    const handle = await open(keptFile(paths), 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(folder);
    await syncFolder(paths.state);
    return { bytes: content.length, digest: sha256(content) };
  });

export const checkKept = (paths: Pick<Paths, 'state'>, was: KeptFile): Promise<KeptNow> =>
  inConformFolder(async () => {
    const blocks = Math.ceil(was.bytes / blockBytes);
    const file = keptFile(paths);
    const there = await stat(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (there === undefined) return { present: false, intact: false, blocks, tornBlocks: blocks };
    const content = await readFile(file);
    const torn = Array.from({ length: blocks }, (_, number) => number).filter(
      (number) => !isWhole(content, number),
    );
    const intact = content.length === was.bytes && sha256(content) === was.digest;
    return { present: true, intact, blocks, tornBlocks: torn.length };
  });
