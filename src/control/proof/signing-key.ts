/**
 * The key with which this installation signs records of moves. It is made once, and never leaves the state directory; the public
 * half lies beside it, for whoever is to check records elsewhere.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { proofPaths } from '../../wire/home.ts';

export type SigningKey = { privateKey: KeyObject; publicKey: KeyObject };

/** @throws what the file system or a damaged key file says; a key that is there is never replaced. */
export function signingKey(state: string): SigningKey {
  const paths = proofPaths(state);
  if (!existsSync(paths.privateKey)) make(paths.privateKey);
  const privateKey = createPrivateKey(readFileSync(paths.privateKey));
  const publicKey = createPublicKey(privateKey);
  if (!existsSync(paths.publicKey)) writeFileSync(paths.publicKey, publicPem(publicKey));
  return { privateKey, publicKey };
}

export const publicPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** Under its name only when it is whole. */
function make(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = join(dirname(file), 'ed25519.new');
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  chmodSync(draft, 0o600); // also where one was left over
  renameSync(draft, file);
}
