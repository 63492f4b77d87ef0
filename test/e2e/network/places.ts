/** Where commands are run in these tests: on hosts and, through them, in guests. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { guestSchema, hostSchema } from '../../../src/wire/resources.ts';
import type { Fleet } from '../fleet.ts';

/** How a command is run somewhere, as the CLI's arguments. */
export type Place = readonly string[];

/** A host, and the cloud that it is in. */
export type Stop = { host: string; cloud: string };

/** The key that guests are told of; its public half lies beside it. */
export const keyOf = ({ state }: Fleet): string => join(state, 'guest-key');

export const onHost = (name: string): Place => ['host', 'ssh', name];
export const inGuest = (fleet: Fleet, name: string): Place => [
  ...['guest', 'ssh', name, '-l', 'root', '-i', keyOf(fleet)],
];

/** One command there, to its end; gives what it printed. @throws Error when it failed */
export async function there({ cli }: Fleet, place: Place, command: string): Promise<string> {
  const { code, stdout, stderr } = await cli(...place, '--', command);
  if (code !== 0) throw new Error(`${place.join(' ')}: ${command}: ${code} ${stderr}`);
  return stdout.trim();
}

/** The address of a guest's card. */
export async function addressOf({ json }: Fleet, guest: string): Promise<string> {
  return guestSchema.parse(await json('guest', 'show', guest)).nics[0]?.address ?? '';
}

/** A host's address outside the tunnels. */
export async function wanAddressOf({ json }: Fleet, host: string): Promise<string> {
  return hostSchema.parse(await json('host', 'show', host)).address ?? '';
}

/** Looks each second until there is something to see. @throws Error that says `what` was not so, with the last reason */
export async function eventually<T>(
  what: string,
  limitMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  let last: unknown;
  for (const until = Date.now() + limitMs; Date.now() < until; await sleep(1_000)) {
    const seen = await look().catch((error: unknown) => {
      last = error;
      return undefined;
    });
    if (seen !== undefined) return seen;
  }
  throw new Error(`${what} was not so within ${limitMs / 1000} s.`, { cause: last });
}
