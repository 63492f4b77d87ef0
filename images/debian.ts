/** What this machine knows about reaching Debian: its mirror, its apt's proxy, its copy of Debian's keys. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/process/run.ts';

/** Debian's archive as seen from this machine. */
export type Archive = {
  mirror: string;
  /** apt settings of this machine that decide how it reaches a mirror, as `Name "value";`. */
  aptOptions: string[];
};

const defaultMirror = 'http://deb.debian.org/debian';
/** Holds the keys of Debian 13 as well since debian-archive-keyring 2023.3+deb12u2. */
export const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Reads the machine's apt configuration; the mirror is deb.debian.org when it names none. */
export async function readArchive(root = '/etc/apt'): Promise<Archive> {
  const texts = await sourcesBelow(root);
  const mirror = texts.map(mirrorIn).find((found) => found !== undefined) ?? defaultMirror;
  const { stdout } = await run('apt-config', ['dump']);
  return { mirror, aptOptions: transportOptions(stdout) };
}

/** The first Debian archive that a sources file (either format) names. Others' archives do not count. */
export function mirrorIn(sources: string): string | undefined {
  const active = sources.replaceAll(/^\s*#.*$/gm, '');
  const found = /(?:^URIs:|^deb\s(?:\[[^\]]*\]\s)?)\s*(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(active);
  return found?.[1];
}

/** The settings in `apt-config dump` that a build needs to download as this machine does. */
export const transportOptions = (dump: string): string[] =>
  dump
    .split('\n')
    .filter((line) =>
      /^Acquire::(?:(?:https?::)?Proxy|https?::Timeout|Retries|Check-Valid-Until|Check-Date)/i.test(line),
    )
    .filter((line) => !line.endsWith(' "";'));

async function sourcesBelow(root: string): Promise<string[]> {
  const parts = await readdir(join(root, 'sources.list.d')).catch(absent([]));
  const files = ['sources.list', ...parts.sort().map((part) => join('sources.list.d', part))];
  return Promise.all(files.map((file) => readFile(join(root, file), 'utf8').catch(absent(''))));
}

/** Gives a value in place of a file or folder that is not there. */
function absent<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return value;
    throw error;
  };
}
