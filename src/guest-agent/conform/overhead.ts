/**
 * What the blanket itself costs its host: the processes that are there because of it, without any guest's QEMU.
 * Memory is each process's proportional share of what it has mapped (proc(5), smaps_rollup), so that a library in two of
 * them counts once; what the kernel keeps for them is not counted.
 */
import { readdir, readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Overhead } from '../../wire/methods/conform.ts';

/** By the kernel's name of them, which it cuts to 15 characters. The agent is found by its own number. */
const daemons = new Set([
  ...['libvirtd', 'virtlogd', 'virtlockd', 'virtqemud', 'virtstoraged', 'virtnetworkd', 'virtsecretd'],
  ...['dnsmasq', 'chronyd', 'xenstored', 'oxenstored', 'xenconsoled', 'xl', 'swtpm'],
]);

/** USER_HZ, in which /proc counts on every architecture that Node runs on (time(7)). */
const ticksPerSecond = 100;

export type Stat = { name: string; cpuMs: number };

/** proc_pid_stat(5): the name stands in parentheses and may hold any character; utime and stime are fields 14 and 15. */
export function parseStat(text: string): Stat | undefined {
  const end = text.lastIndexOf(')');
  const begin = text.indexOf('(');
  const fields = text.slice(end + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  if (begin === -1 || end < begin || !Number.isFinite(user) || !Number.isFinite(system)) return undefined;
  return { name: text.slice(begin + 1, end), cpuMs: ((user + system) * 1000) / ticksPerSecond };
}

export type Memory = { pssBytes: number; rssBytes: number };

export function parseRollup(text: string): Memory | undefined {
  const field = (name: string) => new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  const [pss, rss] = [field('Pss'), field('Rss')];
  if (pss === undefined || rss === undefined) return undefined;
  return { pssBytes: Number(pss) * 1024, rssBytes: Number(rss) * 1024 };
}

/** A process may end between any two readings of it. */
const orGone = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

type Sample = Map<number, Stat>;

async function sample(own: number): Promise<Sample> {
  const found: Sample = new Map();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids) {
    const stat = parseStat(await orGone(`/proc/${pid}/stat`));
    if (stat === undefined) continue;
    if (pid === own) found.set(pid, { ...stat, name: 'blanket-agent' });
    else if (daemons.has(stat.name)) found.set(pid, stat);
  }
  return found;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** @param own the agent's process. Rejects with the signal's reason when it is aborted. */
export async function measureOverhead(
  windowMs: number,
  signal: AbortSignal,
  own: number = process.pid,
): Promise<Overhead> {
  const before = await sample(own);
  const began = performance.now();
  await sleep(windowMs, undefined, { signal });
  const after = await sample(own);
  const took = performance.now() - began;
  const processes: Overhead['processes'] = [];
  for (const [pid, { name, cpuMs }] of after) {
    const memory = parseRollup(await orGone(`/proc/${pid}/smaps_rollup`));
    // One that began within the window has spent all its time in it.
    if (memory) processes.push({ name, pid, ...memory, cpuMs: cpuMs - (before.get(pid)?.cpuMs ?? 0) });
  }
  return {
    windowMs: took,
    pssBytes: sum(processes.map(({ pssBytes }) => pssBytes)),
    rssBytes: sum(processes.map(({ rssBytes }) => rssBytes)),
    cpuMs: sum(processes.map(({ cpuMs }) => cpuMs)),
    memoryTotal: totalmem(),
    processes: processes.sort((one, other) => other.pssBytes - one.pssBytes),
  };
}
