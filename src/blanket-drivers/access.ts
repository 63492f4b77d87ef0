/**
 * How drivers reach the host: programs and files, both given from outside, so that a test can be any machine.
 * Paths are absolute, as on the host.
 */
import { mkdir, open, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Runs a program to its end and gives what it printed to stdout; rejects when it fails or is not there. */
export type Exec = (command: string, args: readonly string[]) => Promise<string>;

export type Files = {
  /** The file's text without the last line break; `undefined` when it is not there or cannot be read. */
  text(path: string): Promise<string | undefined>;
  bytes(path: string, position: number, length: number): Promise<Uint8Array | undefined>;
  /** Names in a directory, sorted; none when it is not there. */
  list(path: string): Promise<string[]>;
  /** What a link points to, as written in it; `undefined` when it is no link. */
  link(path: string): Promise<string | undefined>;
  exists(path: string): Promise<boolean>;
  /** Into a file that is there, as settings of the kernel are. */
  write(path: string, text: string): Promise<void>;
  /** A whole file, with the folders above it: the old text or the new one, also when the host loses power. */
  put(path: string, text: string): Promise<void>;
  /** Removes a file; one that is not there is no error. */
  remove(path: string): Promise<void>;
};

export type NoticeSource = 'aws' | 'gce' | 'azure' | 'alibaba' | 'none';

/** Who on this host asks the cloud for its announcements. */
export type NoticeListener = {
  listenTo(source: NoticeSource): void;
  /** `lately` is a clause that tells how the last asking went. */
  state(): { source: NoticeSource; lately: string };
};

/** `notices` is there on a host that an agent runs on. */
export type HostAccess = { exec: Exec; files: Files; notices?: NoticeListener };

const orUndefined = <T>(reading: Promise<T>): Promise<T | undefined> =>
  // Absence is an answer here: every reading is of something that some machine lacks or hides.
  reading.catch(() => undefined);

async function readAt(path: string, position: number, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function putWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  await writeFile(draft, text, { flush: true });
  await rename(draft, path);
}

/** Files under `root`: `/` on a host, a directory with a copied /sys and /proc in a test. */
export function filesUnder(root: string): Files {
  const at = (path: string) => join(root, path);
  return {
    text: (path) => orUndefined(readFile(at(path), 'utf8').then((text) => text.replace(/\n$/, ''))),
    bytes: (path, position, length) => orUndefined(readAt(at(path), position, length)),
    list: async (path) => ((await orUndefined(readdir(at(path)))) ?? []).sort(),
    link: (path) => orUndefined(readlink(at(path))),
    exists: async (path) => (await orUndefined(stat(at(path)))) !== undefined,
    write: (path, text) => writeFile(at(path), text),
    put: (path, text) => putWhole(at(path), text),
    remove: (path) => rm(at(path), { force: true }),
  };
}
