/**
 * Tokens: `blanket_ID_SECRET`, the secret 256 random bits. The store has its SHA-256 alone: a secret that cannot be guessed needs no
 * slow hash, and a slow one would be a way to keep control busy.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Grant } from '../../wire/access.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Token } from '../../wire/routes/token.ts';
import type { TokenRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

const SECRET_BYTES = 32;
const form = /^blanket_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

export type Wish = Grant & { name: string; validMs: number };

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export const tokenView = ({ hash: _hash, ...token }: TokenRecord): Token => token;

/** @throws BlanketError `token.exists` */
export function createToken({ tokens }: Store, { validMs, ...wish }: Wish): Token & { token: string } {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const now = Date.now();
  const times = {
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + validMs).toISOString(),
    revokedAt: null,
  };
  tokens.insert({ ...wish, id, ...times, hash: hashOf(secret) });
  return { ...tokenView(tokens.get(wish.name)), token: `blanket_${id}_${secret}` };
}

/** Stays in the list, so that the audit log's words are understood. @throws BlanketError `token.not-found` */
export function revokeToken({ tokens }: Store, name: string): Token {
  const { revokedAt } = tokens.get(name);
  return tokenView(tokens.update(name, { revokedAt: revokedAt ?? new Date().toISOString() }));
}

/** Why a token is not good is for its owner alone: only who has the secret is told that it has expired or was revoked. */
export function checkToken({ tokens }: Store, text: string, now: number = Date.now()): TokenRecord {
  const [, id = '', secret = ''] = form.exec(text) ?? [];
  const [record] = id === '' ? [] : tokens.where({ id });
  const isRight = timingSafeEqual(
    Buffer.from(hashOf(secret), 'hex'),
    Buffer.from(record?.hash ?? hashOf(''), 'hex'),
  );
  if (record === undefined || !isRight) throw refused('bad-token', 'The token is not one of this control.');
  return stillGood(record, now);
}

/** @throws BlanketError `access.token-revoked`, `access.token-expired` */
export function stillGood(record: TokenRecord, now: number = Date.now()): TokenRecord {
  if (record.revokedAt !== null) throw refused('token-revoked', `The token ${record.name} was revoked.`);
  if (Date.parse(record.expiresAt) <= now) {
    throw refused('token-expired', `The token ${record.name} was good until ${record.expiresAt}.`);
  }
  return record;
}

export const refused = (code: string, message: string): BlanketError =>
  new BlanketError(`access.${code}`, message, {
    kind: 'not-allowed',
    next: 'Ask who runs control for a new one: `blanket token create`.',
  });
