/**
 * Session tokens of EC2's IMDSv2 (EC2 User Guide, "Use the Instance Metadata Service"): a PUT that a mere forwarded GET
 * cannot make gives one, and it is good for one guest and for at most six hours. A token says itself until when it is good,
 * so none are kept, however many a guest asks for. The key lives as long as the agent: after a migration or a restart
 * a token is refused with 401, on which clients fetch a new one.
 *
 *   6 bytes until when (ms) | 32 bytes HMAC-SHA-256 of that and the guest   in base64url
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { performance } from 'node:perf_hooks';

export const longestSeconds = 21_600;
const untilBytes = 6;

export type Tokens = {
  /** @param seconds 1 to 21600. */
  issue(guest: string, seconds: number): string;
  isGood(guest: string, token: string): boolean;
};

/** @param now ms on a clock that is never set, as the key does not outlive the process either. */
export function newTokens(now: () => number = () => performance.now()): Tokens {
  const key = randomBytes(32);
  const seal = (until: Buffer, guest: string) =>
    createHmac('sha256', key).update(until).update(guest).digest();
  return {
    issue: (guest, seconds) => {
      const until = Buffer.alloc(untilBytes);
      until.writeUIntBE(Math.floor(now() + seconds * 1000), 0, untilBytes);
      return Buffer.concat([until, seal(until, guest)]).toString('base64url');
    },
    isGood: (guest, token) => {
      const bytes = Buffer.from(token, 'base64url');
      const until = bytes.subarray(0, untilBytes);
      const expected = seal(until, guest);
      if (bytes.length !== untilBytes + expected.length) return false;
      return timingSafeEqual(bytes.subarray(untilBytes), expected) && until.readUIntBE(0, untilBytes) > now();
    },
  };
}
