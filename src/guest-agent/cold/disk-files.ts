/** The files of a guest's disks: as they lie at the source, and as drafts at the destination until they are taken in. */
import { open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColdDigests, ColdFile } from '../../wire/methods/cold.ts';
import { digestOf } from '../images.ts';
import type { Paths } from '../paths.ts';
import { imageInfo, pointAt } from '../qemu-img.ts';
import { syncFolder } from '../state-file.ts';

const ending = '.qcow2';
const draftEnding = '.incoming';

export const diskFile = (paths: Paths, guest: string, name: string): string =>
  join(paths.diskFolder(guest), name);

export const draftFile = (paths: Paths, guest: string, name: string): string =>
  `${diskFile(paths, guest, name)}${draftEnding}`;

/** By name; none when the guest has no disk here. */
export async function filesOf(paths: Paths, guest: string): Promise<ColdFile[]> {
  const names = (await listed(paths, guest)).filter((name) => name.endsWith(ending));
  return Promise.all(
    names.map(async (name) => ({ name, bytes: (await stat(diskFile(paths, guest, name))).size })),
  );
}

export const draftsOf = async (paths: Paths, guest: string): Promise<string[]> =>
  (await listed(paths, guest))
    .filter((name) => name.endsWith(`${ending}${draftEnding}`))
    .map((name) => name.slice(0, -draftEnding.length));

async function listed(paths: Paths, guest: string): Promise<string[]> {
  try {
    return (await readdir(paths.diskFolder(guest))).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Of whole files: nobody writes them, so unlike the digest of disks in use (`disk-digest.ts`) these also cover how the data lies
 * in them. @throws what reading throws, also once aborted
 */
export async function digestAll(
  names: readonly string[],
  pathOf: (name: string) => string,
  signal: AbortSignal,
): Promise<ColdDigests> {
  const files: ColdDigests = [];
  for (const name of names) files.push({ name, digest: await digestOf(pathOf(name), signal) });
  return files;
}

/**
 * The drafts become the guest's disks. The root disk lies on its image, which may have another path on this host; nothing else
 * of it changes. Repeating it changes nothing. @returns the names of the disks that the guest then has, all on the disk
 */
export async function takeIn(paths: Paths, guest: string, image: string): Promise<string[]> {
  for (const name of await draftsOf(paths, guest)) {
    const draft = draftFile(paths, guest, name);
    const { backingFile } = await imageInfo(draft);
    if (backingFile !== undefined && backingFile !== image) {
      await pointAt(draft, image);
      await syncFile(draft);
    }
    await rename(draft, diskFile(paths, guest, name));
  }
  for (const folder of [paths.diskFolder(guest), paths.disks]) await syncFolder(folder);
  return (await filesOf(paths, guest)).map(({ name }) => name);
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
