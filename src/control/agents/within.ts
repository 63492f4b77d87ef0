/** A call that is bounded as a whole: its own limit begins only when there is a connection. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';
import type { CallOptions } from './agent-link.ts';

/**
 * A connection that is being made is left to be made, for whoever comes next.
 * @throws BlanketError `agent.timed-out` after so many ms, and what the call throws.
 */
export async function within<T>(
  limitMs: number,
  host: string,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const late = sleep(limitMs, undefined, { signal: done.signal }).then(() => {
    throw new BlanketError('agent.timed-out', `${host} did not answer within ${limitMs} ms.`, {
      kind: 'timed-out',
      next: `See \`blanket host show ${host}\`.`,
      data: { host },
    });
  });
  try {
    // an async call, so that one which throws at once finds somebody who waits for `late`, too
    return await Promise.race([(async () => call({ timeoutMs: limitMs, signal: done.signal }))(), late]);
  } finally {
    done.abort();
  }
}
