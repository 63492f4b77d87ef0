/**
 * Blanket's own processes on this machine, told from all others by what they were started with: each names the
 * state directory that it belongs to. A process is known by its pid and its start time together, since the
 * kernel gives a pid anew.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findHome } from '../../src/wire/home.ts';
import { demoState } from './places.ts';

/** In the order in which they are ended: who starts others goes first. */
export const roles = ['demo', 'cli', 'control', 'ssh', 'vm', 'metadata', 'wan'] as const;
export type Role = (typeof roles)[number];

export type Started = { argv: readonly string[]; env: NodeJS.ProcessEnv };
export type Found = { pid: number; startTime: string; role: Role };

/** What this process is to the state directory; `undefined` when it has nothing to do with it. */
export function roleOf({ argv, env }: Started, state: string): Role | undefined {
  const program = basename(argv[0] ?? '');
  const script = argv[1] ?? '';
  const within = (word: string | undefined) => word?.startsWith(`${state}/`) === true;
  const isHome = () => findHome(env).state === state;
  if (/(^|\/)infra\/(demo\/demo|bench\/bench|faults\/faults)\.ts$/.test(script)) {
    return demoState(env) === state ? 'demo' : undefined;
  }
  if (script.endsWith('/src/cli/main.ts')) return isHome() ? 'cli' : undefined;
  if (script.endsWith('/src/control/main.ts')) return isHome() ? 'control' : undefined;
  if (script.endsWith('/infra/wan/wan-main.ts')) return argv[2] === state ? 'wan' : undefined;
  if (argv[2]?.endsWith('/infra/metadata/serve-main.ts') === true) {
    return within(argv[3]) ? 'metadata' : undefined;
  }
  if (program.startsWith('qemu-system-'))
    return within(argv[argv.indexOf('-pidfile') + 1]) ? 'vm' : undefined;
  if (program === 'ssh') return argv.some((word) => within(word.split('=').at(-1))) ? 'ssh' : undefined;
  return undefined;
}

const parts = (text: string): string[] => text.split('\0').filter((part) => part !== '');

/** Field 22 of /proc/PID/stat, counted after the program's name, which may hold anything (proc(5)). */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return state === 'Z' ? undefined : rest[18];
}

async function startedWith(pid: number): Promise<Started | undefined> {
  try {
    const [argv, environ] = await Promise.all(
      ['cmdline', 'environ'].map((name) => readFile(join('/proc', String(pid), name), 'utf8')),
    );
    const pairs = parts(environ ?? '').map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
    return { argv: parts(argv ?? ''), env: Object.fromEntries(pairs) };
  } catch {
    return undefined; // ended meanwhile, or another user's
  }
}

export async function findProcesses(state: string): Promise<Found[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid): Promise<Found[]> => {
      const [started, startTime] = await Promise.all([startedWith(pid), startTimeOf(pid)]);
      const role = started === undefined ? undefined : roleOf(started, state);
      return role === undefined || startTime === undefined ? [] : [{ pid, startTime, role }];
    }),
  );
  return found.flat().filter(({ pid }) => pid !== process.pid);
}

const lives = async ({ pid, startTime }: Found): Promise<boolean> => (await startTimeOf(pid)) === startTime;

async function signal(found: Found, name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (await lives(found)) process.kill(found.pid, name);
}

/**
 * Ends a process, by force when it has not gone after `patienceMs`.
 * @throws Error when it outlives that too.
 */
export async function endProcess(found: Found, patienceMs = 10_000): Promise<void> {
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    await signal(found, name);
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(50)) {
      if (!(await lives(found))) return;
    }
  }
  throw new Error(`Process ${found.pid} (${found.role}) does not end.`);
}
