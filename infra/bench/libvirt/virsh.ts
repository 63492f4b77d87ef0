/**
 * virsh, in the three ways in which it can be used by a program:
 *
 *   shell   one process; a command is written to its input, its answer ends where the next prompt begins
 *   batch   one process, which is given all its commands in one argument; what a command takes cannot be seen from
 *           outside, but neither pipe nor prompt lies between two of them: virsh is never faster than so
 *   spawn   a process for each command
 *
 * All speak to the daemon over its socket. (`test:///default` would open libvirt's test driver within virsh itself.)
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { run, start } from '../../../src/process/run.ts';
import type { PrivateDaemon } from '../../libvirt/private-daemon.ts';

const prompt = 'virsh # ';

export type Virsh = {
  /** Gives what the commands, separated by semicolons, printed. @throws CommandError when one fails. */
  once(commands: string, signal: AbortSignal): Promise<string>;
  openShell(): Promise<VirshShell>;
};

export type VirshShell = {
  /** Gives what the shell printed up to its next prompt. One at a time. */
  ask(command: string): Promise<string>;
  close(): Promise<void>;
};

export function useVirsh({ directory, socketPath }: PrivateDaemon): Virsh {
  const args = ['-q', '-c', `test+unix:///default?socket=${socketPath}`];
  // HOME takes the shell's history. A dumb terminal spares the line editor escape sequences.
  const env = { PATH: process.env.PATH, HOME: directory, TERM: 'dumb', LC_ALL: 'C' };
  return {
    once: async (commands, signal) =>
      (await run('virsh', [...args, commands], { env, signal, timeoutMs: 60_000 })).stdout,
    openShell: () => openShell(start('virsh', args, { env, stdio: ['pipe', 'pipe', 'inherit'] })),
  };
}

type Answer = { resolve(text: string): void; reject(error: unknown): void };

async function openShell(child: ChildProcess): Promise<VirshShell> {
  let text = '';
  let pending: Answer | undefined;
  const settle = (action: (answer: Answer) => void) => {
    const answer = pending;
    pending = undefined;
    if (answer !== undefined) action(answer);
  };
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    if (!text.endsWith(prompt)) return;
    const whole = text;
    text = '';
    settle(({ resolve }) => resolve(whole));
  });
  const lost = (error: unknown) => settle(({ reject }) => reject(error));
  child.on('error', lost).on('exit', () => lost(new Error('The shell of virsh ended.')));
  child.stdin?.on('error', lost);
  const answer = () => new Promise<string>((resolve, reject) => (pending = { resolve, reject }));
  await answer();
  const ask = (command: string) => {
    const next = answer();
    child.stdin?.write(`${command}\n`);
    return next;
  };
  return { ask, close: () => close(child) };
}

const runs = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

async function close(child: ChildProcess): Promise<void> {
  if (!runs(child)) return;
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  child.stdin?.end(); // as Ctrl-D
  await ended;
  clearTimeout(timer);
}
