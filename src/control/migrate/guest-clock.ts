/**
 * How far a migration moved the guest's own clock. The guest's is read beside that of the host it is on, before and after, and
 * the two hosts' are compared after:
 *
 *   before:  guest - source        after:  guest - destination,  destination - source
 *   step  = (guest - destination) + (destination - source) - (guest - source before)
 *
 * What is read is bounded in time and never keeps a migration from its end: what could not be read is said in words.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Problem, toProblem } from '../../wire/errors.ts';
import type { Agents } from '../agents/agents.ts';
import { within } from '../agents/within.ts';
import { offsetOf } from '../conform/clock-offset.ts';
import { measureSkew, type Skew } from './measure-skew.ts';
import { attempt } from './read-hosts.ts';
import type { MigrateState } from './state.ts';

/** The guest's clock before that of its host, ms; or why it was not read, a full sentence. */
export type GuestClock = { offsetMs: number; uncertaintyMs: number } | { unread: string };
/** ms; a clock that was set forward has a positive step. */
export type ClockStep = { stepMs: number; uncertaintyMs: number } | { unread: string };

type Asked = { agents: Agents };

const READ_MS = 3_000;
/** Beyond what the agent itself waits. */
const GRACE_MS = 1_000;
/** An agent in the guest may need a moment until it answers on another host. */
const TRIES = 3;
const PAUSE_MS = 500;

export async function readGuestClock({ agents }: Asked, host: string, guest: string): Promise<GuestClock> {
  const wish = { guest, limitMs: READ_MS };
  const reading = await attempt(() =>
    within(READ_MS + GRACE_MS, host, (options) => agents.call(host, 'clock.read', wish, options)),
  );
  if (!reading.ok) return { unread: reading.problem.message };
  const offset = offsetOf(reading.value.samples);
  if (offset === undefined) return { unread: `The clock of ${host} was set back meanwhile.` };
  return { offsetMs: offset.offsetMs, uncertaintyMs: offset.uncertaintyMs };
}

/** @param before read at the source */
export function stepOf(before: GuestClock, after: GuestClock, skew: Skew | { unread: string }): ClockStep {
  const failed = [before, after, skew].find((reading) => 'unread' in reading);
  if (failed !== undefined) return failed;
  if ('unread' in before || 'unread' in after || 'unread' in skew) throw new Error('all three were read');
  const stepMs = after.offsetMs + skew.skewMs - before.offsetMs;
  const uncertaintyMs = before.uncertaintyMs + after.uncertaintyMs + skew.uncertaintyMs;
  return { stepMs: Math.round(stepMs), uncertaintyMs: Math.ceil(uncertaintyMs) };
}

async function readAgain(asked: Asked, host: string, guest: string): Promise<GuestClock> {
  for (let left = TRIES; ; left -= 1) {
    const reading = await readGuestClock(asked, host, guest);
    if (!('unread' in reading) || left === 1) return reading;
    await sleep(PAUSE_MS);
  }
}

type Moved = Pick<MigrateState, 'guest' | 'source' | 'destination' | 'clockBefore'>;

/** To be asked once the guest runs at the destination. Nobody is asked when nobody answered before. */
export async function measureStep(
  asked: Asked,
  { guest, source, destination, clockBefore }: Moved,
): Promise<ClockStep> {
  if (clockBefore === undefined) return { unread: 'The clock was not read before the move.' };
  if ('unread' in clockBefore) return clockBefore;
  const [after, skew] = await Promise.all([
    readAgain(asked, destination, guest),
    attempt(() => measureSkew(asked.agents, source, destination)),
  ]);
  return stepOf(clockBefore, after, skew.ok ? skew.value : { unread: skew.problem.message });
}

/** Sets the guest's clock to that of the host it is on now; a warning says why it was not. */
export async function syncGuestClock({ agents }: Asked, host: string, guest: string): Promise<Problem[]> {
  const wish = { guest, limitMs: READ_MS };
  try {
    await within(READ_MS + GRACE_MS, host, (options) => agents.call(host, 'clock.set', wish, options));
    return [];
  } catch (cause) {
    const { message, next = `Set it in the guest.` } = toProblem(cause);
    const told = `The clock of ${guest} was not set: ${message}`;
    return [{ code: 'migrate.time-not-set', kind: 'failed', message: told, next, data: { guest, host } }];
  }
}
