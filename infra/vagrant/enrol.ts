/**
 * Tells Blanket of the machines: the configuration of a cloud of type `ssh`. How to reach them is asked of Vagrant; which
 * key each must show is known, since it was made here and given to the machine by libvirt (keys.ts, seed.ts).
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/process/run.ts';
import { readKey } from './keys.ts';
import { hostKeyFile, keyFile, readMachines, root, vagrantPlace } from './machines.ts';
import { vagrantUser } from './seed.ts';

export type Reach = { host: string; port: number };

/** `text`: what `vagrant ssh-config` prints, which is in ssh_config's form. @throws Error when one is not named */
export function readSshConfig(text: string, machines: readonly string[]): Record<string, Reach> {
  const sections = text
    .split(/^Host /m)
    .map((section) => [section.split('\n', 1)[0]?.trim(), section] as const);
  return Object.fromEntries(
    machines.map((name) => {
      const section = sections.find(([title]) => title === name)?.[1] ?? '';
      const host = /^\s+HostName (\S+)$/m.exec(section)?.[1];
      const port = /^\s+Port (\d+)$/m.exec(section)?.[1];
      if (host === undefined || port === undefined) {
        throw new Error(`vagrant ssh-config does not say where ${name} is. Is it up?`);
      }
      return [name, { host, port: Number(port) }];
    }),
  );
}

/** Writes the configuration for `blanket cloud add NAME --type ssh --config` and gives its path. */
export async function writeCloudConfig(): Promise<string> {
  const { machines } = await readMachines();
  const { stdout } = await run('vagrant', ['ssh-config'], { cwd: root });
  const reach = readSshConfig(
    stdout,
    machines.map(({ name }) => name),
  );
  const described = machines.map(async ({ name, address }) => ({
    ...{ name, ...reach[name], user: vagrantUser, identityFile: keyFile() },
    ...{ hostKey: (await readKey(hostKeyFile(name))).publicKey, address },
  }));
  const path = join(vagrantPlace(), 'cloud.json');
  await writeFile(path, `${JSON.stringify({ machines: await Promise.all(described) }, undefined, 2)}\n`);
  return path;
}
