/** One measurement of many: what goes wrong in it is what it has found, unless the host itself is away. */
import { BlanketError } from '../../wire/errors.ts';
import type { Reading } from '../../wire/routes/conform.ts';
import { isUnreachable } from '../agents/reach.ts';

/** A single call that takes too long says something of what it measures, not of the host. */
const isAway = (error: unknown): boolean =>
  isUnreachable(error) && !(error instanceof BlanketError && error.code === 'agent.timed-out');

const sentence = (error: Error): string => {
  const next = error instanceof BlanketError && error.next !== undefined ? ` ${error.next}` : '';
  const cause = error.cause instanceof Error ? ` (${error.cause.message.trim()})` : '';
  return `${error.message}${cause}${next}`;
};

/** What cannot be measured there (`blocked`) is skipped. @throws what says that the host is away, or a cancel. */
export async function reading<T>(take: () => Promise<T>, signal: AbortSignal): Promise<Reading<T>> {
  try {
    return { value: await take() };
  } catch (error) {
    signal.throwIfAborted();
    if (isAway(error) || !(error instanceof Error)) throw error;
    const blocked = error instanceof BlanketError && error.kind === 'blocked';
    return blocked ? { skipped: sentence(error) } : { failed: sentence(error) };
  }
}
