/** The file with which a cloud is described: YAML, or JSON, which is YAML too. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { BlanketError } from '../wire/errors.ts';

const settingsSchema = z.record(z.string(), z.unknown());

/**
 * What the file says, with every `identityFile` in it as an absolute path: in the file it counts from the file's folder, or
 * from the user's home where it begins with `~/`. Control checks the rest.
 * @param isHere control is on this machine; else such a path is one of its machine, and must be absolute
 * @throws BlanketError `cloud.config-unreadable`
 */
export async function readCloudConfig(file: string, isHere: boolean): Promise<Record<string, unknown>> {
  try {
    const settings = settingsSchema.parse(parse(await readFile(file, 'utf8')));
    return settingsSchema.parse(withPaths(settings, isHere ? dirname(resolve(file)) : null));
  } catch (cause) {
    throw new BlanketError('cloud.config-unreadable', `${file} holds no settings of a cloud.`, {
      kind: 'usage',
      next: 'It must be YAML or JSON with names and values.',
      data: { file },
      cause,
    });
  }
}

function withPaths(node: unknown, folder: string | null): unknown {
  if (Array.isArray(node)) return node.map((item) => withPaths(item, folder));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'identityFile' && typeof value === 'string'
        ? absolute(value, folder)
        : withPaths(value, folder),
    ]),
  );
}

function absolute(path: string, folder: string | null): string {
  if (isAbsolute(path)) return path;
  if (folder === null) {
    throw new Error(`Control is elsewhere: the identityFile ${path} must be an absolute path there.`);
  }
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(folder, path);
}
