/** Waits until a new host lets control in, with the pinned key. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';
import type { SshLink } from '../ssh/ssh-link.ts';

export type WaitForSsh = {
  host: string;
  open: (signal: AbortSignal) => Promise<SshLink>;
  /** The host's last console lines, for the error. */
  console: () => Promise<string>;
  signal: AbortSignal;
  timeoutMs: number;
  pauseMs: number;
  onTry: (elapsedMs: number) => void;
};

/**
 * @throws BlanketError `host.no-answer` after `timeoutMs`, with the console's last lines; `ssh.host-key` at once.
 */
export async function waitForSsh(wait: WaitForSsh): Promise<SshLink> {
  const started = Date.now();
  const limit = AbortSignal.any([wait.signal, AbortSignal.timeout(wait.timeoutMs)]);
  let last: unknown;
  while (!limit.aborted) {
    try {
      return await wait.open(limit);
    } catch (error) {
      if (error instanceof BlanketError && error.code === 'ssh.host-key') throw error;
      last = error;
    }
    wait.onTry(Date.now() - started);
    await sleep(wait.pauseMs, undefined, { signal: limit }).catch(() => undefined);
  }
  wait.signal.throwIfAborted();
  const seconds = Math.round(wait.timeoutMs / 1000);
  throw new BlanketError('host.no-answer', `${wait.host} did not answer over SSH within ${seconds} s.`, {
    kind: 'timed-out',
    next: 'Its last console lines are in `data.console`.',
    data: { host: wait.host, console: await wait.console() },
    cause: last,
  });
}
