/**
 * The system's `ssh` to a guest, through the ssh of a host: ssh_config(5), ProxyCommand, and ssh(1), -W.
 *
 *   ssh ------------------- in the host's ssh -------------------> guest
 *     '-> ssh -W guest:22 --- pinned key ---> host --- tunnel ---'
 *
 * Nobody tells a guest's host key beforehand, so the first one is taken, and only that one from then on. It is kept
 * by the guest's UUID, in a file of its own: the guest may go to another host, its address may become another guest's,
 * and the user's own known_hosts has nothing to do with it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SshAccess } from '../wire/routes/host.ts';
import type { Cli } from './cli.ts';
import type { GuestPlace } from './guest-address.ts';
import { sshArguments } from './ssh.ts';

export type Login = { user?: string; port: number; identity?: string };

/** The file with the key of this guest, in a directory that is made when it is not there. */
export async function guestKeyFile({ home }: Pick<Cli, 'home'>, uuid: string): Promise<string> {
  const directory = join(home.state, 'ssh', 'guests');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return join(directory, uuid);
}

/** Arguments up to and with the destination. The user's own keys and settings hold for what is not set here. */
export const guestSshArguments = (
  access: SshAccess,
  { uuid, address }: Pick<GuestPlace, 'uuid' | 'address'>,
  { user, port, identity }: Login,
  keyFile: string,
): string[] => [
  ...['-o', `ProxyCommand=${proxyCommand(access, `${address}:${port}`)}`],
  ...['-o', `HostKeyAlias=${uuid}`],
  ...['-o', `UserKnownHostsFile="${escaped(keyFile).replace(/["\\]/g, '\\$&')}"`],
  ...['-o', 'GlobalKnownHostsFile=/dev/null'],
  ...['-o', 'StrictHostKeyChecking=accept-new'],
  // A connection that is shared by address could be another guest's, which had the address before.
  ...['-o', 'ControlPath=none'],
  ...(identity === undefined ? [] : ['-i', identity]),
  ...(user === undefined ? [] : ['-l', user]),
  ...['-p', String(port)],
  address,
];

/** ssh expands `%` in it and gives it to the user's shell. */
function proxyCommand(access: SshAccess, to: string): string {
  const args = sshArguments(access, ['-o', 'ControlPath=none', '-W', to]);
  return escaped(['ssh', ...args].map(quoted).join(' '));
}

const quoted = (word: string): string =>
  /^[\w@:=,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

const escaped = (text: string): string => text.replaceAll('%', '%%');
