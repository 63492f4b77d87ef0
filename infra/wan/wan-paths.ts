/**
 * Where the WAN keeps things. What lasts is in `<state>/wan`; sockets need a path of at most 107 bytes
 * (unix(7), `sun_path`), so when the state directory's path is long they live in a short directory that the
 * link `<state>/wan/sockets` points to.
 */
import { lstat, mkdir, mkdtemp, readlink, rmdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlanketError } from '../../src/wire/errors.ts';

export type WanPaths = { readonly state: string };

const maxSocketPathBytes = 107;
/** The longest name that `socketPath` is given: twelve hex digits and an ending. */
const longestName = '0123456789ab.qmp';

export const wanDirectory = (paths: WanPaths): string => join(paths.state, 'wan');
export const linksFile = (paths: WanPaths): string => join(wanDirectory(paths), 'links.json');
export const portsFile = (paths: WanPaths): string => join(wanDirectory(paths), 'ports.json');
export const wanLog = (paths: WanPaths): string => join(wanDirectory(paths), 'wan.log');
export const controlSocket = async (paths: WanPaths): Promise<string> =>
  join(await socketDirectory(paths), 'wan.sock');

const fits = (directory: string): boolean =>
  Buffer.byteLength(join(directory, longestName)) <= maxSocketPathBytes;

/**
 * The directory for the sockets of the WAN and of its VMs, made when it is not there.
 * @throws `wan.socket-path-too-long`, `wan.socket-directory-taken`
 */
export async function socketDirectory(paths: WanPaths): Promise<string> {
  const directory = join(wanDirectory(paths), 'sockets');
  await mkdir(wanDirectory(paths), { recursive: true, mode: 0o700 });
  if (fits(directory)) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return directory;
  }
  const known = await targetOf(directory);
  if (known === undefined) return await linkShortDirectory(directory);
  await ownDirectory(known);
  return known;
}

async function linkShortDirectory(link: string): Promise<string> {
  const base = [process.env.XDG_RUNTIME_DIR, tmpdir(), '/tmp'].find(
    (candidate) => candidate !== undefined && fits(join(candidate, 'blanket-XXXXXX')),
  );
  if (base === undefined) {
    throw new BlanketError(
      'wan.socket-path-too-long',
      `No directory is short enough for sockets of ${link}.`,
      {
        next: 'Set BLANKET_STATE to a shorter path.',
      },
    );
  }
  const made = await mkdtemp(join(base, 'blanket-'));
  try {
    await symlink(made, link);
    return made;
  } catch (error) {
    await rmdir(made);
    const winner = await targetOf(link); // another process was quicker
    if (winner === undefined) throw error;
    return winner;
  }
}

async function targetOf(link: string): Promise<string | undefined> {
  try {
    return await readlink(link);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A reboot empties temporary directories; another user may then have taken the name. */
async function ownDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const found = await lstat(directory);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0) return;
  throw new BlanketError('wan.socket-directory-taken', `${directory} belongs to another user.`, {
    next: 'Remove it, or set BLANKET_STATE to a shorter path.',
  });
}
