/** A port of the guest on this machine, by `blanket guest forward`, for as long as it is wanted. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { start } from '../../src/process/run.ts';
import { program, type Seat } from './blanket.ts';
import type { Address } from './line-client.ts';

export type Forward = { address: Address; close(): Promise<void> };

/** The CLI must have opened the way by then; it makes an SSH connection to an emulated host first. */
const openMs = 120_000;

/**
 * `via`: the host through which the connection runs. It must be one that stays up and reachable for as long
 * as the connection is to live; where the guest runs does not matter.
 */
export async function openForward(
  seat: Seat,
  guest: string,
  port: number,
  via: string,
  signal: AbortSignal,
): Promise<Forward> {
  const args = ['guest', 'forward', guest, String(port), '--via', via];
  seat.say(`$ blanket ${args.join(' ')} &\n`);
  const child = start(program, args, { env: seat.env, stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const close = async () => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(force);
  };
  try {
    if (child.stdout === null) throw new Error('blanket guest forward was started without a pipe.');
    const lines = createInterface({ input: child.stdout });
    const limit = AbortSignal.any([signal, AbortSignal.timeout(openMs)]);
    const early = gone.then(([code]) => {
      throw new Error(`blanket guest forward ended with exit code ${code} before it listened.`);
    });
    const [line] = await Promise.race([once(lines, 'line', { signal: limit }), early]);
    seat.say(`${line}\n`);
    return { address: readAddress(String(line)), close };
  } catch (error) {
    await close();
    throw signal.aborted ? signal.reason : error;
  }
}

/** @throws Error when the line names no address and port. */
export function readAddress(line: string): Address {
  const found = /(\d+\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d+)/.exec(line);
  if (found?.[1] === undefined) throw new Error(`blanket guest forward printed no address: ${line}`);
  return { host: found[1].replace(/[[\]]/g, ''), port: Number(found[2]) };
}
