/**
 * Network namespaces for the time of one run. Their names carry the process's number: two runs do not meet, and what a
 * killed one left behind is found and removed by the next.
 */
import { access, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { run } from '../../../src/process/run.ts';
import { device, tunnelAddress } from './fleet.ts';

const prefix = 'blbench';
const namesOf = (listing: string): string[] =>
  listing.split('\n').flatMap((line) => /^\S+/.exec(line)?.[0] ?? []);

/** Of namespaces as `ip netns list` tells them, those of runs that are over. */
export const leftBehind = (listing: string, isAlive: (pid: number) => boolean): string[] =>
  namesOf(listing).filter((name) => {
    const pid = new RegExp(`^${prefix}(\\d+)-\\d+$`).exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });

/** Runs `act` on all, as many at a time as there are processors. Nothing is under way any more when it fails. */
export async function eachOf<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  const left = [...all];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await act(one);
  };
  const ends = await Promise.allSettled(cpus().map(worker));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

export type Namespaces = {
  /** An empty one, with its loopback up. @returns its name. */
  add(): Promise<string>;
  /** One with a VXLAN device like a host's, by the host's number. */
  addHost(host: number): Promise<string>;
  remove(names: readonly string[]): Promise<void>;
  /** Whatever is left. */
  removeAll(): Promise<void>;
};

export function openNamespaces(signal: AbortSignal): Namespaces {
  const here = new Set<string>();
  let next = 0;
  const add = async () => {
    signal.throwIfAborted();
    const name = `${prefix}${process.pid}-${next++}`;
    here.add(name); // before it is there: a run that ends meanwhile removes it too
    await run('ip', ['netns', 'add', name]);
    await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    return name;
  };
  const remove = async (names: readonly string[]) => {
    const there = namesOf((await run('ip', ['netns', 'list'])).stdout);
    await eachOf(names, async (name) => {
      if (there.includes(name)) await run('ip', ['netns', 'delete', name]);
      here.delete(name);
    });
  };
  return {
    add,
    async addHost(host) {
      const name = await add();
      const vxlan = ['type', 'vxlan', 'id', '77', 'local', tunnelAddress(host), 'dstport', '4789'];
      await run('ip', ['-n', name, 'link', 'add', device, ...vxlan]);
      await run('ip', ['-n', name, 'link', 'set', device, 'addrgenmode', 'none', 'up']);
      return name;
    },
    remove,
    removeAll: () => remove([...here]),
  };
}

/** Removes what runs that were killed have left. */
export async function sweep(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list']);
  const candidates = leftBehind(stdout, () => false);
  const dead = await Promise.all(
    candidates.map((name) =>
      access(`/proc/${/\d+/.exec(name)?.[0]}`).then(
        () => [],
        () => [name], // no such process
      ),
    ),
  );
  await eachOf(dead.flat(), (name) => run('ip', ['netns', 'delete', name]));
}

/** Feeds lines to `bridge -batch` inside a namespace. @throws CommandError at the first that the kernel refuses. */
export const bridgeBatch = (name: string, lines: readonly string[], signal: AbortSignal) =>
  run('bridge', ['-n', name, '-batch', '-'], { input: `${lines.join('\n')}\n`, signal });

/** Lines of the table as the kernel tells it. */
export async function readTable(name: string, signal: AbortSignal): Promise<string[]> {
  const { stdout } = await run('bridge', ['-n', name, 'fdb', 'show', 'dev', device], { signal });
  return stdout.split('\n').filter((line) => line !== '');
}

/** @throws Error unless the table has the card once, where this command of `flip` sent it. */
export async function checkFlip(
  name: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const [, , mac = '', , , , at] = command;
  const entries = (await readTable(name, signal)).filter((line) => line.startsWith(mac));
  if (entries.length !== 1 || !entries[0]?.includes(`dst ${at} `)) {
    throw new Error(`The kernel did not flip the card: ${entries.join('; ')}.`);
  }
}

/** Bytes in the kernel's general caches, of /proc/slabinfo (slabinfo(5)); forwarding entries have no cache of their own. */
export const slabBytes = (slabinfo: string): number =>
  slabinfo
    .split('\n')
    .filter((line) => line.startsWith('kmalloc-'))
    .map((line) => line.split(/\s+/))
    .reduce((sum, [, active, , size]) => sum + Number(active) * Number(size), 0);

/** Bytes, of /proc/meminfo: each entry keeps its route to the peer once a processor. */
export const percpuBytes = (meminfo: string): number =>
  Number(/^Percpu:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? Number.NaN) * 1_024;

/** Bytes of kernel memory of the kinds that forwarding entries are made of; all that runs here is in it. */
export async function kernelBytes(): Promise<number> {
  const [slabs, memory] = await Promise.all(
    ['/proc/slabinfo', '/proc/meminfo'].map((file) => readFile(file, 'utf8')),
  );
  return slabBytes(slabs ?? '') + percpuBytes(memory ?? '');
}
