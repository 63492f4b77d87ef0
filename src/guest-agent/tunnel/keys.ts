/**
 * This host's key pairs. Only private keys are kept, only public ones are told.
 *
 *   nextKey                     settleKey, when the next pair is in use
 *   (none) ──▶ tunnel.key.next ────────── renamed ──────────▶ tunnel.key
 *
 * Both files are there until the kernel has the new key and the configuration that names it is kept, so that after a
 * crash at any point the pair which that configuration names is found.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';
import type { Paths } from '../paths.ts';
import { syncFolder, writeWhole } from '../state-file.ts';

export const keySchema = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be a WireGuard key');

export type KeyPair = { privateKey: string; publicKey: string };
type KeyPaths = Pick<Paths, 'tunnelKey' | 'tunnelKeyNext'>;

/** What stands before the 32 bytes of an X25519 private key in PKCS #8 (RFC 8410, 7). */
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** A WireGuard key is an X25519 key's 32 bytes in base64 (wg(8), "genkey", "pubkey"). @throws ZodError when it is none. */
export function publicKeyOf(privateKey: string): string {
  const raw = Buffer.from(keySchema.parse(privateKey), 'base64');
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, raw]), format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('base64');
}

function makePrivateKey(): string {
  const der = generateKeyPairSync('x25519').privateKey.export({ format: 'der', type: 'pkcs8' });
  return der.subarray(pkcs8Head.length).toString('base64');
}

async function readPair(file: string): Promise<KeyPair | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const kept = keySchema.safeParse(text.trim());
  // Not zod's own words: an error must not come near what the file holds.
  if (!kept.success) throw new BlanketError('agent.bad-state', `${file} holds no WireGuard key.`);
  return { privateKey: kept.data, publicKey: publicKeyOf(kept.data) };
}

async function ensurePair(file: string): Promise<KeyPair> {
  const kept = await readPair(file);
  if (kept !== undefined) return kept;
  const privateKey = makePrivateKey();
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, `${privateKey}\n`, 0o600);
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

/** The pair in use; made when there is none. */
export const currentKey = (paths: KeyPaths): Promise<KeyPair> => ensurePair(paths.tunnelKey);

/** The pair that will take its place: the same one until it has. */
export const nextKey = (paths: KeyPaths): Promise<KeyPair> => ensurePair(paths.tunnelKeyNext);

/** `null` means the pair in use. @throws BlanketError `tunnel.unknown-key` when neither pair is that one. */
export async function pairNamed(paths: KeyPaths, publicKey: string | null): Promise<KeyPair> {
  const current = await currentKey(paths);
  if (publicKey === null || current.publicKey === publicKey) return current;
  const next = await readPair(paths.tunnelKeyNext);
  if (next?.publicKey === publicKey) return next;
  throw new BlanketError('tunnel.unknown-key', `This host has no pair for the tunnel key ${publicKey}.`, {
    kind: 'conflict',
    next: 'Give it a new one: `blanket host rotate-key NAME`.',
    data: { publicKey },
  });
}

/** Puts the next pair in the current one's place if it is the one in use. */
export async function settleKey(paths: KeyPaths, inUse: string): Promise<void> {
  if ((await currentKey(paths)).publicKey === inUse) return;
  await rename(paths.tunnelKeyNext, paths.tunnelKey);
  await syncFolder(dirname(paths.tunnelKey));
}
