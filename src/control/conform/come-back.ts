/**
 * Waits until a host that was told to reboot answers in another boot.
 *
 *   no answer ----------------------> wait
 *   answers, same boot, for a while -> tell it once more (it may have died before it heard)
 *   answers, another boot -----------> back
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';
import { isUnreachable } from '../agents/reach.ts';

export type ComeBack = {
  host: string;
  /** The boot that must have ended. */
  bootId: string;
  ask: () => Promise<{ bootId: string }>;
  /** Orders the reboot again. What it throws ends the wait, as when guests have come meanwhile. */
  order: () => Promise<unknown>;
  /** Drops a connection that may be dead without knowing it. */
  forget: () => void;
  console: () => Promise<string>;
  signal: AbortSignal;
  timeoutMs: number;
  pauseMs: number;
  /** How long the old boot may go on before it is told again. */
  patienceMs: number;
  onTry: (elapsedMs: number) => void;
};

/** @throws BlanketError `host.not-back` or `host.not-rebooted` once the time is over; what is not about reaching it at once. */
export async function comeBack(wait: ComeBack): Promise<void> {
  const began = Date.now();
  let told = began;
  let seen: 'same boot' | 'nothing' = 'nothing';
  let last: unknown;
  while (Date.now() - began < wait.timeoutMs) {
    wait.signal.throwIfAborted();
    try {
      if ((await wait.ask()).bootId !== wait.bootId) return;
      seen = 'same boot';
      if (Date.now() - told >= wait.patienceMs) {
        told = Date.now();
        await wait.order();
      }
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      [seen, last] = ['nothing', error];
      wait.forget();
    }
    wait.onTry(Date.now() - began);
    await sleep(wait.pauseMs, undefined, { signal: wait.signal });
  }
  throw await notBack(wait, seen, last);
}

async function notBack(
  { host, timeoutMs, console }: ComeBack,
  seen: string,
  cause: unknown,
): Promise<BlanketError> {
  const seconds = Math.round(timeoutMs / 1000);
  const data = { host, console: await console() };
  if (seen === 'same boot') {
    return new BlanketError('host.not-rebooted', `${host} has not rebooted within ${seconds} s.`, {
      kind: 'attention',
      next: 'It still answers; its last console lines are in `data.console`.',
      data,
    });
  }
  return new BlanketError('host.not-back', `${host} did not come back within ${seconds} s of its reboot.`, {
    kind: 'attention',
    next: `Its last console lines are in \`data.console\`, more in \`blanket host console ${host}\`.`,
    data,
    cause,
  });
}
