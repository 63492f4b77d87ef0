/**
 * The one door to `child_process`. `run` waits for a program and gives what it printed; `start` leaves it
 * running. No shell is ever involved: arguments reach the program as they are.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

export type RunOptions = {
  /** Written to the program's standard input, which is then closed. */
  input?: string | Uint8Array;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the program is killed and `run` fails. Default: 120,000. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Called with each piece that the program prints, stdout and stderr alike, as it comes. */
  onOutput?: (text: string) => void;
};

export type RunResult = { stdout: string; stderr: string };

export class CommandError extends Error {
  readonly command: string;
  /** `null` when a signal ended the program or it never started. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(command: string, why: string, exitCode: number | null, output: RunResult, cause?: unknown) {
    const tail = (output.stderr.trim() || output.stdout.trim()).split('\n').slice(-4).join('\n');
    super(`${command} ${why}${tail === '' ? '' : `: ${tail}`}`, cause === undefined ? undefined : { cause });
    this.name = 'CommandError';
    this.command = command;
    this.exitCode = exitCode;
    this.stdout = output.stdout;
    this.stderr = output.stderr;
  }
}

/**
 * Runs a program to its end.
 * @throws CommandError when it cannot start, exits non-zero, runs out of time or is aborted.
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { timeoutMs = 120_000, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...pick(options), stdio: ['pipe', 'pipe', 'pipe'] });
    const output: RunResult = { stdout: '', stderr: '' };
    let why: string | undefined;
    const stop = (reason: string) => () => {
      why ??= reason;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(stop(`did not end within ${timeoutMs} ms`), timeoutMs);
    const onAbort = stop('was cancelled');
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    collect(child, output, options.onOutput);
    const settle = (code: number | null, cause?: unknown) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (code === 0 && why === undefined) return resolve(output);
      reject(new CommandError(command, why ?? describe(code, child, cause), code, output, cause));
    };
    child.on('error', (error) => settle(null, error));
    child.on('close', (code) => settle(code));
    child.stdin.on('error', () => undefined); // a program may end before it has read all its input
    child.stdin.end(options.input ?? '');
  });
}

/** Starts a program and leaves it running; the caller watches its end. */
export function start(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(command, args, options);
}

function pick(options: RunOptions): SpawnOptions {
  return {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env }),
  };
}

function collect(child: ChildProcess, output: RunResult, onOutput?: (text: string) => void): void {
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      onOutput?.(text);
    });
  }
}

function describe(code: number | null, child: ChildProcess, cause: unknown): string {
  if (cause instanceof Error) return 'could not be started';
  return code === null ? `was ended by ${child.signalCode}` : `failed with exit code ${code}`;
}
