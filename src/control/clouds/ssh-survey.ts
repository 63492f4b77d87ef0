/** Reads what a machine is, and judges whether it can become a host. The judgement is pure. */
import { z } from 'zod';
import { agentPaths } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';

/** The script's answer. `there`: what a blanket would bring and this machine has; `lease`: whose it says to be, or ''. */
const surveySchema = z.object({
  system: z.string(),
  machine: z.string(),
  os: z.string(),
  version: z.string(),
  title: z.string(),
  has: z.array(z.string()),
  enters: z.enum(['root', 'sudo', 'user']),
  there: z.array(z.string()),
  lease: z.string(),
  vcpus: z.coerce.number().int().min(1),
  memoryMiB: z.coerce.number().int().min(1),
  diskGiB: z.coerce.number().int().min(0),
});
export type Survey = z.infer<typeof surveySchema>;

const lists = ['has', 'there'];

/** @throws BlanketError `cloud.machine-unfit` when it is not what the script prints. */
export function readSurvey(name: string, text: string): Survey {
  const read: Record<string, string | string[]> = { has: [], there: [] };
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [key = '', ...words] = line.split(' ');
    const value = words.join(' ');
    const known = read[key];
    read[key] = lists.includes(key) && Array.isArray(known) ? [...known, value] : value;
  }
  const survey = surveySchema.safeParse(read);
  if (survey.success) return survey.data;
  throw unfit(
    name,
    'it does not answer as a Linux machine does',
    'See what its shell prints when it starts.',
  );
}

/** The one release whose own packages carry a blanket; `docs/stock-hosts.md` says why not others. */
const oldestDebian = 13;

/**
 * @param leaseId the lease under which it is taken
 * @throws BlanketError `cloud.machine-unfit`, or `cloud.machine-taken` when it carries another's blanket
 */
export function judgeMachine(name: string, survey: Survey, leaseId: string | undefined): void {
  const { system, machine, os, version, title, has, enters } = survey;
  if (system !== 'Linux' || machine !== 'x86_64')
    throw unfit(name, `it is ${system} on ${machine}`, onlyDebian);
  if (os !== 'debian' || Number(version || Infinity) < oldestDebian) {
    throw unfit(name, `it runs ${title}`, onlyDebian);
  }
  const missing = ['systemd', 'apt'].filter((one) => !has.includes(one));
  if (missing.length > 0) throw unfit(name, `it has no ${missing.join(' and no ')}`, onlyDebian);
  if (enters === 'user') {
    throw unfit(
      name,
      'its user is neither root nor let through by sudo',
      'Let sudo ask that user for no password.',
    );
  }
  const ours = leaseId !== undefined && survey.lease === leaseId;
  if (survey.there.length > 0 && !ours) throw taken(name, survey.there);
}

const onlyDebian =
  'A host is x86-64 with Debian 13: Debian 12 and Ubuntu up to 24.04 have a Node too old for the agent.';

const unfit = (name: string, why: string, next: string): BlanketError =>
  new BlanketError('cloud.machine-unfit', `${name} cannot become a host: ${why}.`, {
    kind: 'blocked',
    next,
    data: { machine: name },
  });

export const taken = (name: string, there: readonly string[]): BlanketError =>
  new BlanketError('cloud.machine-taken', `${name} carries a blanket already: it has ${there.join(', ')}.`, {
    kind: 'conflict',
    next: `Remove it with the control that put it there; if there is none any more, remove ${agentPaths.state} and what is named.`,
    data: { machine: name, there },
  });
