/** A JSON file that is either the old value or the new one, whole, also when the host loses power. */
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { BlanketError } from '../wire/errors.ts';

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Makes renames and removals in a directory last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes text through a temporary file beside it. `mode` is the new file's, whatever a draft of before or the umask say. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const draft = `${path}.new`;
  const handle = await open(draft, 'w', mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

const textOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export const writeState = (path: string, value: unknown): Promise<void> => writeWhole(path, textOf(value));

const privateMode = 0o600;

/** For what holds guests' user data, and with it their secrets. */
export const writePrivateState = (path: string, value: unknown): Promise<void> =>
  writeWhole(path, textOf(value), privateMode);

/** Makes a folder of such states its owner's alone, with what an agent of before left in it. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  for (const name of await readdir(folder)) await chmod(join(folder, name), privateMode);
}

/**
 * @returns `undefined` when there is no such file.
 * @throws BlanketError `agent.bad-state` when the file is not what this agent writes.
 */
export async function readState<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<z.output<S> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new BlanketError('agent.bad-state', `${path} is not what this agent writes.`, { cause });
  }
}

/** Paths of the states in a folder, in order; none when the folder is not there. */
export async function statesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isAbsent(error)) return [];
    throw error;
  });
  const states = names.filter((name) => name.endsWith('.json')).sort();
  return states.map((name) => join(folder, name));
}

/** Every state in a folder. @throws BlanketError `agent.bad-state` for one that is not what this agent writes. */
export async function readStates<S extends z.ZodType>(folder: string, schema: S): Promise<z.output<S>[]> {
  const states: z.output<S>[] = [];
  for (const path of await statesIn(folder)) {
    const state = await readState(path, schema);
    if (state !== undefined) states.push(state);
  }
  return states;
}

export const removeState = (path: string): Promise<void> => rm(path, { force: true });
