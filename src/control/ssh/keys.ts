/** Keys that control makes: its own, with which it enters hosts, and the host keys that it pins. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKeyPair } from './ssh-link.ts';

export type ControlKey = { privateKey: string; publicKey: string; file: string };

/** Control's own key pair under `<state>/ssh`, made when there is none. */
export async function controlKey(state: string): Promise<ControlKey> {
  const directory = join(state, 'ssh');
  const file = join(directory, 'id_ed25519');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) {
    const pair = makeKeyPair('blanket-control');
    await writeFile(`${file}.pub`, `${pair.publicKey}\n`);
    await writeFile(`${file}.new`, pair.privateKey, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  const [privateKey, publicKey] = await Promise.all([
    readFile(file, 'utf8'),
    readFile(`${file}.pub`, 'utf8'),
  ]);
  return { privateKey, publicKey: publicKey.trim(), file };
}

/** An OpenSSH known_hosts line for a host that listens on a port of its own. */
export const knownHostsLine = (ssh: { host: string; port: number }, publicKey: string): string =>
  `${ssh.port === 22 ? ssh.host : `[${ssh.host}]:${ssh.port}`} ${publicKey}\n`;
