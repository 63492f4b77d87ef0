/**
 * Where built images lie, and how one gets there whole or not at all:
 *
 *     lock ──► already published? ──yes──► use it
 *                    │ no
 *                    ▼
 *     .building-<name>-<pid>-…/  ── rename ──►  <name>-<digest>/
 *
 * The lock is the kernel's (flock, held by a child that ends with us), so a builder that dies leaves none.
 * What a dead builder leaves is its building folder; the next builder of that image removes it.
 */
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { start } from '../src/process/run.ts';
import { cancelled } from './command.ts';

/** `$BLANKET_CACHE/images`, or `images` in `blanket` in the user's cache folder. */
export function imageCache(env: NodeJS.ProcessEnv = process.env): string {
  // Set but empty counts as unset, as the XDG specification has it.
  const base = env.BLANKET_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'blanket');
  return resolve(base, 'images');
}

/** Does `work` while no other process holds the lock of that name in `cache`. */
export async function whileLocked<T>(
  cache: string,
  name: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  await mkdir(cache, { recursive: true });
  const holder = start(
    'flock',
    [join(cache, `.${name}.lock`), 'sh', '-c', 'echo held; exec cat >/dev/null'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true, // a Ctrl-C is ours to handle; the lock is let go when we end
    },
  );
  try {
    if (holder.stdout === null) throw new Error('flock was started without a pipe');
    await once(holder.stdout, 'data', signal === undefined ? {} : { signal });
    return await work();
  } catch (error) {
    throw signal?.aborted === true ? cancelled() : error;
  } finally {
    holder.stdin?.destroy();
    holder.kill();
  }
}

/**
 * Fills a new folder with `fill` and gives it its final name in one step. When `fill` fails nothing is left.
 * Call it under the lock of that name.
 */
export async function publish(
  cache: string,
  name: string,
  finalName: string,
  fill: (folder: string) => Promise<void>,
) {
  const prefix = `.building-${name}-`;
  await removeAll(cache, prefix);
  const folder = await mkdtemp(join(cache, `${prefix}${process.pid}-`));
  try {
    await fill(folder);
    await chmod(folder, 0o755);
    await rename(folder, join(cache, finalName));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function removeAll(cache: string, prefix: string): Promise<void> {
  const entries = await readdir(cache);
  const stale = entries.filter((entry) => entry.startsWith(prefix));
  await Promise.all(stale.map((entry) => rm(join(cache, entry), { recursive: true, force: true })));
}
