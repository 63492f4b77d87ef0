/** The system's `ssh` with a host's pinned key and nothing else to trust. */
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { constants } from 'node:os';
import { start } from '../process/run.ts';
import { BlanketError } from '../wire/errors.ts';
import type { SshAccess } from '../wire/routes/host.ts';

/** Arguments up to and with the destination; nothing is ever asked for. Options are ssh_config(5)'s. */
export const sshArguments = (access: SshAccess, options: readonly string[] = []): string[] => [
  ...['-o', `UserKnownHostsFile=${access.knownHostsFile}`],
  ...['-o', 'GlobalKnownHostsFile=/dev/null'],
  ...['-o', 'StrictHostKeyChecking=yes'],
  ...['-o', 'IdentitiesOnly=yes'],
  ...['-o', 'BatchMode=yes'],
  ...['-i', access.identityFile],
  ...['-p', String(access.port)],
  ...options,
  `${access.user}@${access.host}`,
];

/**
 * Runs ssh to its end and gives its exit code; 128 + n when signal n ended it.
 * Signals are passed on, so that this process does not end before ssh.
 * @throws BlanketError `ssh.missing`
 */
export function runSsh(
  args: readonly string[],
  stdio: StdioOptions,
  started: (child: ChildProcess) => void = () => undefined,
): Promise<number> {
  const child = start('ssh', args, { stdio });
  started(child);
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass).on('SIGHUP', pass);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', (cause) => reject(missing(cause)));
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
  return ended.finally(() => {
    process.off('SIGINT', pass).off('SIGTERM', pass).off('SIGHUP', pass);
  });
}

const missing = (cause: Error): BlanketError =>
  new BlanketError('ssh.missing', 'The program ssh could not be started.', {
    next: 'Install it: `apt install openssh-client`.',
    cause,
  });
