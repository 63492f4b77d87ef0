/**
 * Browsers' sessions, in memory: a restart of control ends them. Keys are the SHA-256 of 256 random bits, so a dump of memory
 * or a slip in a log opens nothing. A session of a token is good as long as its token is; see `gate.ts`.
 */
import { createHash, randomBytes } from 'node:crypto';

/** Where the browser came in: a session of one listener is none on another. */
export type Listener = 'tls' | 'loopback';

export type BrowserSession = {
  listener: Listener;
  /** `null`: control's own user, by a ticket. */
  token: string | null;
  /** ms since 1970. */
  expiresAt: number;
};

/** A working day; then one logs in again. */
export const sessionMs = 12 * 3_600_000;
/** From the command line to the browser. */
export const ticketMs = 60_000;
/** Of all together; the oldest go first. */
const MOST = 1000;

/** `__Host-` keeps a cookie to one host, one path and TLS, which loopback does not speak. */
const cookieNames: Readonly<Record<Listener, string>> = {
  tls: '__Host-blanket',
  loopback: 'blanket',
};

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

export class Sessions {
  readonly #sessions = new Map<string, BrowserSession>();
  readonly #tickets = new Map<string, number>();

  /** Good once, for a minute. */
  ticket(now: number = Date.now()): { ticket: string; expiresAt: number } {
    const ticket = randomBytes(32).toString('base64url');
    keep(this.#tickets, hashOf(ticket), now + ticketMs);
    return { ticket, expiresAt: now + ticketMs };
  }

  /** Whether it was good; it no longer is. */
  redeem(ticket: string, now: number = Date.now()): boolean {
    const key = hashOf(ticket);
    const expiresAt = this.#tickets.get(key);
    this.#tickets.delete(key);
    return expiresAt !== undefined && expiresAt > now;
  }

  /** @param until the session's token ends then, ms since 1970. @returns the `Set-Cookie` header and the end */
  open(listener: Listener, token: string | null, until: number = Number.POSITIVE_INFINITY) {
    const secret = randomBytes(32).toString('base64url');
    const expiresAt = Math.min(until, Date.now() + sessionMs);
    keep(this.#sessions, hashOf(secret), { listener, token, expiresAt });
    return { cookie: cookieText(listener, secret, Math.floor((expiresAt - Date.now()) / 1000)), expiresAt };
  }

  find(listener: Listener, cookies: string | undefined, now: number = Date.now()): BrowserSession | undefined {
    const key = keyIn(listener, cookies);
    const session = key === undefined ? undefined : this.#sessions.get(key);
    return session?.listener === listener && session.expiresAt > now ? session : undefined;
  }

  /** @returns the `Set-Cookie` header that takes the cookie back */
  close(listener: Listener, cookies: string | undefined): string {
    const key = keyIn(listener, cookies);
    if (key !== undefined) this.#sessions.delete(key);
    return cookieText(listener, '', 0);
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}

const cookieText = (listener: Listener, secret: string, seconds: number): string =>
  `${cookieNames[listener]}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${listener === 'tls' ? '; Secure' : ''}`;

function keyIn(listener: Listener, cookies: string | undefined): string | undefined {
  const wanted = `${cookieNames[listener]}=`;
  const found = cookies?.split(/;\s*/).find((one) => one.startsWith(wanted));
  return found === undefined ? undefined : hashOf(found.slice(wanted.length));
}
