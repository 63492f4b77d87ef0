/** The files of which a guest is told by its metadata service: public keys and user data. */
import { readFile } from 'node:fs/promises';
import { BlanketError } from '../wire/errors.ts';
import { type GuestMetadata, guestMetadataSchema } from '../wire/network.ts';

const schema = guestMetadataSchema.shape;

/** How text begins that cloud-init knows what to do with: its `user_data.py`, from its documentation of user-data formats. */
const knownStart =
  /^(#cloud-config|#!|#include|#cloud-boothook|#part-handler|## template: ?jinja|content-type:|mime-version:|\{)/i;

type Read = { metadata?: GuestMetadata; hint?: string };

/**
 * No metadata when no file is named. `hint`: what cloud-init would silently do nothing with.
 * @throws BlanketError `guest.bad-ssh-key`, `guest.bad-user-data`, `guest.file-unreadable`
 */
export async function readMetadata(keyFiles: readonly string[], dataFile?: string): Promise<Read> {
  if (keyFiles.length === 0 && dataFile === undefined) return {};
  const keys = await Promise.all(keyFiles.map(readKeys));
  const userData = dataFile === undefined ? null : await readUserData(dataFile);
  const metadata = { sshKeys: [...new Set(keys.flat())], userData };
  if (userData === null || knownStart.test(userData)) return { metadata };
  return {
    metadata,
    hint: `${dataFile} begins with nothing that cloud-init acts on, such as #cloud-config or #!.`,
  };
}

/** All keys of a file like `id_ed25519.pub` or `authorized_keys`. */
async function readKeys(file: string): Promise<string[]> {
  const text = await read(file);
  if (text.includes('PRIVATE KEY-----')) {
    throw badKey(file, `${file} is a private key, which must not leave your machine.`, {
      next: `Give the public one: ${file}.pub.`,
    });
  }
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const keys = lines.filter(({ line }) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) throw badKey(file, `${file} holds no key.`);
  return keys.map(({ line, number }) => {
    if (schema.sshKeys.element.safeParse(line).success) return line;
    throw badKey(file, `Line ${number} of ${file} is no public key.`, {
      next: 'A line is like `ssh-ed25519 AAAA… name`, without options before it.',
    });
  });
}

const badKey = (file: string, message: string, { next }: { next?: string } = {}): BlanketError =>
  new BlanketError('guest.bad-ssh-key', message, { kind: 'usage', next, data: { file } });

async function readUserData(file: string): Promise<string> {
  const text = await read(file);
  const parsed = schema.userData.safeParse(text);
  if (parsed.success) return text;
  throw new BlanketError('guest.bad-user-data', `${file} is too long to be user data.`, {
    kind: 'usage',
    next: 'It takes 65536 characters; `#include` and an address fetches what is longer.',
    data: { file, characters: text.length },
  });
}

async function read(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new BlanketError('guest.file-unreadable', `${file} cannot be read as text.`, {
      kind: 'usage',
      next: 'Name a file of UTF-8 text that you may read.',
      data: { file },
      cause,
    });
  }
}
