/**
 * Everything that a plan asks of the two hosts, at once. What a plan cannot do without is read as long as any call may
 * take; the rest is measured within seconds or not at all, and what goes wrong with it is a reading, too.
 */
import type { AgentMethod, AgentParams, AgentResult } from '../../wire/agent.ts';
import { type Problem, toProblem } from '../../wire/errors.ts';
import type { PathReading } from '../../wire/methods/plan.ts';
import { within } from '../agents/within.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import { measurePath } from './measure-path.ts';
import { measureSkew, type Skew } from './measure-skew.ts';

const SURVEY_MS = 5_000;
const STATUS_MS = 20_000;

export type Attempt<T> = { ok: true; value: T } | { ok: false; problem: Problem };

export async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, problem: toProblem(error) };
  }
}

/** The value; `null` for what could not be read. */
export const orNull = <T>(reading: Attempt<T>): T | null => (reading.ok ? reading.value : null);

export type HostReadings = {
  atSource: Attempt<AgentResult<'guest.view'>>;
  atDestination: Attempt<AgentResult<'guest.view'>>;
  sourceStatus: Attempt<AgentResult<'host.status'>>;
  destinationStatus: Attempt<AgentResult<'host.status'>>;
  imagesAtSource: Attempt<AgentResult<'image.list'>>;
  imagesAtDestination: Attempt<AgentResult<'image.list'>>;
  source: Attempt<AgentResult<'plan.source'>>;
  destination: Attempt<AgentResult<'plan.destination'>>;
  path: Attempt<PathReading>;
  skew: Attempt<Skew>;
};

/** Nothing is changed on them. */
export async function readHosts(
  { agents }: Pick<Services, 'agents'>,
  { name, host: from, engine }: GuestRecord,
  to: string,
): Promise<HostReadings> {
  const asked =
    (limitMs: number) =>
    <M extends AgentMethod>(host: string, method: M, params: AgentParams<M>) =>
      attempt(() => within(limitMs, host, (options) => agents.call(host, method, params, options)));
  const [needed, surveyed] = [asked(STATUS_MS), asked(SURVEY_MS)];
  const [views, statuses, images, surveys, path, skew] = await Promise.all([
    Promise.all([needed(from, 'guest.view', { name }), needed(to, 'guest.view', { name })]),
    Promise.all([needed(from, 'host.status', {}), needed(to, 'host.status', {})]),
    Promise.all([needed(from, 'image.list', {}), needed(to, 'image.list', {})]),
    Promise.all([
      surveyed(from, 'plan.source', { guest: name }),
      surveyed(to, 'plan.destination', { engine }),
    ]),
    attempt(() => measurePath(agents, from, to)),
    attempt(() => measureSkew(agents, from, to)),
  ]);
  return {
    ...{ atSource: views[0], atDestination: views[1] },
    ...{ sourceStatus: statuses[0], destinationStatus: statuses[1] },
    ...{ imagesAtSource: images[0], imagesAtDestination: images[1] },
    ...{ source: surveys[0], destination: surveys[1], path, skew },
  };
}
