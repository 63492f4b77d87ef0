/**
 * Session tokens of AWS's metadata service, version 2: good for one instance and for a time. The original gives
 * out something sealed and keeps no list; so do we: base64url(expiry in ms, 6 bytes ‖ HMAC-SHA-256 of it).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Instance } from './instance.ts';

/** Six hours (EC2 User Guide, "Use the Instance Metadata Service"). */
export const maxTokenSeconds = 21_600;
const expiryBytes = 6;
const tokenBytes = expiryBytes + 32;

export function makeToken({ secret }: Instance, seconds: number, now: Date): string {
  const expiry = Buffer.alloc(expiryBytes);
  expiry.writeUIntBE(now.getTime() + seconds * 1_000, 0, expiryBytes);
  return Buffer.concat([expiry, seal(secret, expiry)]).toString('base64url');
}

/** The seconds a token has left; 0 when it is over, of another instance, or no token at all. */
export function tokenSecondsLeft({ secret }: Instance, token: string, now: Date): number {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== tokenBytes || bytes.toString('base64url') !== token) return 0;
  const expiry = bytes.subarray(0, expiryBytes);
  if (!timingSafeEqual(bytes.subarray(expiryBytes), seal(secret, expiry))) return 0;
  return Math.max(0, Math.ceil((expiry.readUIntBE(0, expiryBytes) - now.getTime()) / 1_000));
}

const seal = (secret: string, expiry: Buffer): Buffer =>
  createHmac('sha256', Buffer.from(secret, 'hex')).update(expiry).digest();
