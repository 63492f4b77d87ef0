/** Repeats a call while its host, or libvirt on it, cannot be reached: for steps that must not be given up at the first broken line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';

const unreachableCodes = ['agent.lost', 'agent.timed-out', 'ssh.lost', 'ssh.unreachable'];

export const isUnreachableCode = (code: string): boolean => unreachableCodes.includes(code);

export const isUnreachable = (error: unknown): boolean =>
  error instanceof BlanketError && isUnreachableCode(error.code);

/** The host answers, and its hypervisor's daemon is just restarting. */
const restartingCodes = ['libvirt.lost', 'libvirt.unreachable'];

/** For now: to ask again later makes sense. */
export const isAway = (error: unknown): boolean =>
  isUnreachable(error) || (error instanceof BlanketError && restartingCodes.includes(error.code));

/**
 * The call must be one that may arrive twice.
 * @throws the last error once `forMs` are over, and any error that is not about reaching the host at once.
 */
export async function reach<T>(call: () => Promise<T>, forMs: number, pauseMs = 2_000): Promise<T> {
  const until = Date.now() + forMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isAway(error) || Date.now() + pauseMs > until) throw error;
      await sleep(pauseMs);
    }
  }
}
