/**
 * Keys made for these machines alone: the one that enters them, in place of Vagrant's that the whole world has, and one
 * that each machine shows. Whoever makes a host key can pin it, and need not trust the first answer.
 */
import { access, mkdir, readFile } from 'node:fs/promises';
import { run } from '../../src/process/run.ts';
import { hostKeyFile, keyFile, type Machines, vagrantPlace } from './machines.ts';

export type KeyPair = { privateKey: string; publicKey: string };

/** Makes those that are not there. */
export async function makeKeys({ machines }: Machines): Promise<void> {
  await mkdir(vagrantPlace(), { recursive: true, mode: 0o700 });
  for (const file of [keyFile(), ...machines.map(({ name }) => hostKeyFile(name))]) await makeKey(file);
}

async function makeKey(file: string): Promise<void> {
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (!there) await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'blanket-vagrant', '-f', file]);
}

export async function readKey(file: string): Promise<KeyPair> {
  const [privateKey, publicKey] = await Promise.all([
    readFile(file, 'utf8'),
    readFile(`${file}.pub`, 'utf8'),
  ]);
  return { privateKey, publicKey: publicKey.trim() };
}
