/**
 * Starts control when none runs.
 *
 * Two CLIs may start one each at the same time. Control itself refuses to be the second, so the loser's child
 * ends and the loser finds the winner's socket: only a silence that outlasts the child is a failure.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '../api-client/client.ts';
import { isAway } from '../api-client/exchange.ts';
import { start } from '../process/run.ts';
import { BlanketError } from '../wire/errors.ts';
import type { Home } from '../wire/home.ts';

/** The CLI never imports control; it only knows where control begins. */
export const controlEntry = fileURLToPath(new URL('../control/main.ts', import.meta.url));

type Start = {
  home: Home;
  note: (line: string) => void;
  entry?: string;
  /** How long control may take to answer, in ms. Default 20,000. */
  waitMs?: number;
  /** How long another's control may take to answer after ours gave up, in ms. Default 5,000. */
  graceMs?: number;
};

/** @throws BlanketError `control.start-failed` with the log's end. */
export async function ensureControl(client: Client, options: Start): Promise<void> {
  if (await answers(client)) return;
  const { home, note, waitMs = 20_000, graceMs = 5_000 } = options;
  const child = spawnControl(options);
  let deadline = Date.now() + waitMs;
  child.on('error', () => undefined); // told below, when nothing answers
  child.once('exit', () => {
    deadline = Math.min(deadline, Date.now() + graceMs);
  });
  while (Date.now() < deadline) {
    await sleep(50);
    if (!(await answers(client))) continue;
    child.unref();
    if (child.exitCode === null) note(`Started control (log: ${home.log}).`);
    return;
  }
  throw startFailed(child, home);
}

async function answers(client: Client): Promise<boolean> {
  try {
    await client.call('status', {}, { timeoutMs: 10_000 });
    return true;
  } catch (error) {
    if (isAway(error)) return false;
    throw error;
  }
}

function spawnControl({ home, entry = controlEntry }: Start): ChildProcess {
  mkdirSync(dirname(home.log), { recursive: true, mode: 0o700 });
  const log = openSync(home.log, 'a', 0o600);
  return start(process.execPath, [entry, 'serve'], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
  });
}

function startFailed(child: ChildProcess, home: Home): BlanketError {
  const gone = child.exitCode ?? child.signalCode;
  const how = gone === null ? 'did not answer in time' : `ended with ${gone} before it answered`;
  return new BlanketError('control.start-failed', `Control was started but ${how}.`, {
    next: `Its log is ${home.log}; \`blanket serve --foreground\` shows what it says as it starts.`,
    data: { log: home.log, exit: gone },
    cause: new Error(`The log ends with:\n${logTail(home.log)}`),
  });
}

/** The log's last lines as sentences: control writes JSON lines, a crash writes a stack. */
export function logTail(path: string, lines = 8): string {
  const all = readFileSync(path, 'utf8').split('\n');
  const telling = all.filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return telling.slice(-lines).map(sentence).join('\n');
}

function sentence(line: string): string {
  try {
    const { msg, problem } = JSON.parse(line) as { msg?: string; problem?: { message?: string } };
    return [msg, problem?.message].filter((part) => part !== undefined).join(': ');
  } catch {
    return line; // not one of control's own lines
  }
}
