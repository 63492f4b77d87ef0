/** What a user says of machines that are there already: where each is, who enters it, and which key it must show. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { nameSchema } from '../../wire/names.ts';
import type { SshTarget } from '../ssh/ssh-link.ts';
import type { CloudPaths } from './cloud.ts';

const howToPin =
  'must be the host key that the machine has to show, as `ssh-ed25519 AAAA…`: read it there from ' +
  '/etc/ssh/ssh_host_ed25519_key.pub, or take what `ssh-keyscan -t ed25519 HOST` prints and compare its fingerprint ' +
  '(`ssh-keygen -lf -`) with the one that the machine’s owner or console names';

/** Type, then the key's blob, which begins with that type's name again (RFC 8709, 4; RFC 4253, 6.6). */
const hostKeySchema = z
  .string({ error: howToPin })
  .trim()
  .regex(/^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5[0-9A-Za-z+/]{48}={0,2}( .*)?$/, howToPin);

const placeSchema = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.:-]*$/, 'must be a host name or an address');

const machineSchema = z.strictObject({
  name: nameSchema,
  /** Name or address at which control reaches its SSH server. */
  host: placeSchema,
  port: z.int().min(1).max(65_535).default(22),
  /** root, or someone whom sudo asks for no password. */
  user: z.string().regex(/^[a-z_][a-z0-9_.-]*$/, 'must be the name of a user'),
  /** A private key without a passphrase. Read when it is needed and kept nowhere else. */
  identityFile: z.string().refine(isAbsolute, 'must be an absolute path'),
  hostKey: hostKeySchema,
  /** Where other hosts reach it, if not at `host`. A name is looked up once, when it becomes a host. */
  address: placeSchema.optional(),
  /** It is behind a NAT that lets nobody begin towards it: its tunnels are begun by itself. */
  nat: z.boolean().optional(),
});
export type SshMachine = z.infer<typeof machineSchema>;

export const sshConfigSchema = z
  .strictObject({ machines: z.array(machineSchema).min(1) })
  .refine(({ machines }) => new Set(machines.map(({ name }) => name)).size === machines.length, {
    message: 'two machines have the same name',
    path: ['machines'],
  });
export type SshConfig = z.infer<typeof sshConfigSchema>;

export type SshContext = {
  readonly cloud: string;
  readonly config: SshConfig;
  readonly paths: CloudPaths;
};

export const targetOf = (machine: SshMachine, privateKey: string): SshTarget => ({
  ...{ name: machine.name, host: machine.host, port: machine.port, user: machine.user },
  ...{ hostKey: machine.hostKey, privateKey },
});
