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
import { readSurvey, type Survey } from './ssh-survey.ts';

/** The user that control has on every host; named here because a survey looks for it. */
const hostUser = 'blanket';

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

/** @throws BlanketError `ssh.*`, `cloud.no-identity` */
async function onMachine<T>(
  machine: SshMachine,
  signal: AbortSignal | undefined,
  work: (ssh: SshLink) => Promise<T>,
): Promise<T> {
  const ssh = await connectSsh(targetOf(machine, await readIdentity(machine)), signal);
  try {
    return await work(ssh);
  } finally {
    ssh.close();
  }
}

const script = (name: string): Promise<string> =>
  readFile(new URL(`./ssh-${name}.sh`, import.meta.url), 'utf8');

const asRoot = ({ user }: SshMachine): string => (user === 'root' ? '' : 'sudo -n ');

export const surveyMachine = (machine: SshMachine, signal: AbortSignal): Promise<Survey> =>
  onMachine(machine, signal, async (ssh) => {
    const args = shellWords(agentPaths.state, hostUser, agentPaths.unit);
    return readSurvey(machine.name, await ssh.exec(`sh -s -- ${args}`, { input: await script('survey') }));
  });

/** Lets control in: its user, its key, the agent's unit. Can be repeated. */
export async function prepareMachine(
  machine: SshMachine,
  lease: Lease,
  { user, publicKey, unit }: Entry,
  signal: AbortSignal,
): Promise<void> {
  const text = Buffer.from(unit).toString('base64');
  const args = shellWords(agentPaths.state, lease.id, user, publicKey, agentPaths.unit, text);
  const input = await script('prepare');
  await onMachine(machine, signal, (ssh) =>
    ssh.exec(`${asRoot(machine)}sh -eu -s -- ${args}`, { input, signal }),
  );
}

/** Takes away what `prepareMachine` and the agent have brought, if the machine still bears this lease. */
export async function leaveMachine(machine: SshMachine, lease: Lease): Promise<void> {
  const { state, unit, bundle } = agentPaths;
  const args = shellWords(state, lease.id, hostUser, unit, dirname(bundle));
  const input = await script('leave');
  await onMachine(machine, undefined, (ssh) => ssh.exec(`${asRoot(machine)}sh -eu -s -- ${args}`, { input }));
}
