/**
 * Runs one program of a build. Unlike `run`, a cancelled program is asked to end and waited for: mmdebstrap
 * has a root directory and mounts to clean up, which a SIGKILL would leave behind.
 */
import { once } from 'node:events';
import { start } from '../src/process/run.ts';
import { BlanketError } from '../src/wire/errors.ts';

/** How long a program may take to clean up before it is killed. */
const graceMs = 20_000;
const keptLines = 12;

export type CommandOptions = {
  env?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** Called with each line that the program prints. */
  onLine?: (line: string) => void;
};

/**
 * Waits for a program to end with exit code 0.
 * @throws BlanketError `image.cancelled`, `image.tool-missing` or `image.build-failed` with the last lines it printed.
 */
export async function command(program: string, args: readonly string[], options: CommandOptions = {}) {
  options.signal?.throwIfAborted();
  const child = start(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    // Its own process group: a Ctrl-C reaches it once, from here.
    detached: true,
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) onEachLine(stream, (line) => keep(lines, line, options));
  const end = (): void => stopGently(child.pid);
  options.signal?.addEventListener('abort', end, { once: true });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (options.signal?.aborted === true) throw cancelled();
    if (code !== 0) throw failed(program, code, lines);
  } catch (error) {
    throw isMissing(error) ? missing(program, error) : error;
  } finally {
    options.signal?.removeEventListener('abort', end);
  }
}

function keep(lines: string[], line: string, options: CommandOptions): void {
  lines.push(line);
  if (lines.length > keptLines) lines.shift();
  options.onLine?.(line);
}

function onEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) onLine(part);
  });
}

function stopGently(pid: number | undefined): void {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGINT');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs).unref();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

export const cancelled = (): BlanketError =>
  new BlanketError('image.cancelled', 'The image build was cancelled.', { kind: 'cancelled' });

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

const missing = (program: string, cause: unknown): BlanketError =>
  new BlanketError('image.tool-missing', `The program ${program}, which builds images, is not installed.`, {
    next: 'Install the packages that images/README.md lists.',
    data: { program },
    cause,
  });

const failed = (program: string, code: number | null, lines: string[]): BlanketError =>
  new BlanketError(
    'image.build-failed',
    `${program} ended with ${code ?? 'a signal'} while building an image.`,
    {
      data: { program, exitCode: code, output: lines },
      cause: new Error(lines.join('\n')),
    },
  );
