/** What is done on a machine of an ssh cloud, as the user whom its owner named: see the scripts beside this file. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { agentPaths } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { shellWords } from '../ssh/shell-words.ts';
import { connectSsh, type SshLink } from '../ssh/ssh-link.ts';
import type { Entry } from './cloud.ts';
import { type SshMachine, targetOf } from './ssh-config.ts';
import type { Lease } from './ssh-lease.ts';
import { readSurvey, type Survey, taken } from './ssh-survey.ts';

/** The user that control has on every host; named here because a survey looks for it. */
const hostUser = 'blanket';

/** For the way there and a few reads; an emulated machine takes ten seconds. */
const SURVEY_MS = 60_000;
/** update-grub and an agent that stops take minutes on a slow machine. */
const LEAVE_MS = 15 * 60_000;

/** @throws BlanketError `cloud.no-identity` when the machine's key file cannot be read */
export async function readIdentity({ name, identityFile }: SshMachine): Promise<string> {
  try {
    return await readFile(identityFile, 'utf8');
  } catch (cause) {
    throw new BlanketError('cloud.no-identity', `The key for ${name}, ${identityFile}, cannot be read.`, {
      kind: 'usage',
      data: { machine: name, identityFile },
      cause,
    });
  }
}

/** @throws BlanketError `ssh.*`, `cloud.no-identity`, and the signal's reason once it is aborted, whether anything answers */
async function onMachine<T>(
  machine: SshMachine,
  signal: AbortSignal,
  work: (ssh: SshLink) => Promise<T>,
): Promise<T> {
  const ssh = await connectSsh(targetOf(machine, await readIdentity(machine)), signal);
  try {
    return await Promise.race([work(ssh), rejectOnAbort(signal)]);
  } finally {
    ssh.close();
  }
}

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

/**
 * Nobody else gets the cloud's turn meanwhile, so it must end.
 * @throws BlanketError `cloud.machine-timed-out`
 */
async function within<T>(
  { name }: SshMachine,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(ms);
  try {
    return await work(signal === undefined ? limit : AbortSignal.any([signal, limit]));
  } catch (cause) {
    signal?.throwIfAborted();
    if (!limit.aborted) throw cause;
    throw new BlanketError('cloud.machine-timed-out', `${name} was not done within ${ms / 1000} s.`, {
      kind: 'timed-out',
      next: 'See what the machine is busy with, and try again; `host remove --force` gives it up as it is.',
      data: { machine: name, limitMs: ms },
      cause,
    });
  }
}

const script = (name: string): Promise<string> =>
  readFile(new URL(`./ssh-${name}.sh`, import.meta.url), 'utf8');

const asRoot = ({ user }: SshMachine): string => (user === 'root' ? '' : 'sudo -n ');

/** @throws BlanketError `cloud.machine-timed-out`, `cloud.machine-unfit`, `cloud.no-identity`, `ssh.*` */
export const surveyMachine = (machine: SshMachine, signal: AbortSignal, ms = SURVEY_MS): Promise<Survey> =>
  within(machine, ms, signal, (limit) =>
    onMachine(machine, limit, async (ssh) => {
      const args = shellWords(agentPaths.state, hostUser, agentPaths.unit);
      const input = await script('survey');
      return readSurvey(machine.name, await ssh.exec(`sh -s -- ${args}`, { input, signal: limit }));
    }),
  );

/**
 * Lets control in: its user, its key, the agent's unit. Can be repeated.
 * @throws BlanketError `cloud.machine-taken` when another was faster, `cloud.no-identity`, `ssh.*`
 */
export async function prepareMachine(
  machine: SshMachine,
  lease: Lease,
  { user, publicKey, unit }: Entry,
  signal: AbortSignal,
): Promise<void> {
  const text = Buffer.from(unit).toString('base64');
  const args = shellWords(agentPaths.state, lease.id, user, publicKey, agentPaths.unit, text);
  const input = await script('prepare');
  const said = await onMachine(machine, signal, (ssh) =>
    ssh.exec(`${asRoot(machine)}sh -eu -s -- ${args}`, { input, signal }),
  );
  if (said.split('\n').includes('taken')) throw taken(machine.name, [agentPaths.state]);
}

/**
 * Takes away what `prepareMachine` and the agent have brought, if the machine still bears this lease.
 * @throws BlanketError `cloud.machine-timed-out`, `cloud.no-identity`, `ssh.*`
 */
export async function leaveMachine(machine: SshMachine, lease: Lease, ms = LEAVE_MS): Promise<void> {
  const { state, unit, bundle } = agentPaths;
  const args = shellWords(state, lease.id, hostUser, unit, dirname(bundle));
  const input = await script('leave');
  await within(machine, ms, undefined, (signal) =>
    onMachine(machine, signal, (ssh) =>
      ssh.exec(`${asRoot(machine)}sh -eu -s -- ${args}`, { input, signal }),
    ),
  );
}
