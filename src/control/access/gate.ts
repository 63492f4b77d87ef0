/**
 * Who may pass, from a request's head alone: before its body is read, and before a console is opened.
 *
 *   Unix socket   control's own user: an admin
 *   TLS           rate and lock-out, Host, Origin, token or session, then what the route needs
 *   loopback      rate, Host, Origin, ticket or session: control's own user in a browser
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import { TLSSocket } from 'node:tls';
import { type Grant, lacking, type Needs } from '../../wire/access.ts';
import type { Who } from '../../wire/audit.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { AuditLog } from '../audit/log.ts';
import { socketOwner } from '../audit/owner.ts';
import type { TokenRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { Attempts, type Limits } from './attempts.ts';
import { checkLoopback, checkNames, checkOwnPage } from './origin.ts';
import { type BrowserSession, Sessions } from './sessions.ts';
import { checkToken, refused, stillGood } from './tokens.ts';

export type Caller = { who: Who; from: string; grant: Grant; session?: BrowserSession };

export class Gate {
  readonly #store: Store;
  readonly #audit: AuditLog;
  readonly #attempts: Attempts;
  readonly #owner: Caller;
  /** Host names under which control is reached, beside any IP address. */
  names: readonly string[] = ['localhost'];
  readonly sessions = new Sessions();
  /** Sockets of the loopback port, and the name under which it goes. */
  readonly #loopback = new WeakMap<object, string>();

  constructor(store: Store, audit: AuditLog, limits?: Limits) {
    this.#store = store;
    this.#audit = audit;
    this.#attempts = new Attempts(limits);
    this.#owner = {
      ...{ who: socketOwner(), from: 'socket' },
      grant: { role: 'admin', migrateOut: true, migrateIn: true },
    };
  }

  /** From now on this server's sockets are the loopback port's. @param own its `HOST:PORT` */
  watchLoopback(server: Server, own: string): void {
    server.on('connection', (socket) => this.#loopback.set(socket, own));
  }

  /** What everybody may have, such as the web console's own files. @throws BlanketError as `admit` does of rate, Host and Origin */
  greet(request: IncomingMessage): void {
    const { socket } = request;
    const own = this.#loopback.get(socket);
    if (own === undefined && !(socket instanceof TLSSocket)) return;
    const waitMs = this.#attempts.wait(socket.remoteAddress ?? 'unknown');
    if (waitMs > 0) throw tooMany(waitMs);
    if (own === undefined) checkNames(request, this.names);
    else checkLoopback(request, own);
  }

  /**
   * @throws BlanketError `access.too-many`, `access.wrong-host`, `access.foreign-origin`, `access.no-token`,
   * `access.no-session`, `access.bad-token`, `access.token-expired`, `access.token-revoked`
   */
  admit(request: IncomingMessage): Caller {
    const { socket } = request;
    const isLoopback = this.#loopback.has(socket);
    if (!isLoopback && !(socket instanceof TLSSocket)) return this.#owner;
    this.greet(request);
    return isLoopback ? this.#fromLoopback(request) : this.#fromAfar(request);
  }

  #fromLoopback(request: IncomingMessage): Caller {
    const { authorization, cookie } = request.headers;
    const from = `browser 127.0.0.1:${request.socket.remotePort}`;
    const ticket = /^Ticket ([\w-]{1,100})$/.exec(authorization ?? '')?.[1];
    if (ticket !== undefined && this.sessions.redeem(ticket)) return { ...this.#owner, from };
    const session = this.sessions.find('loopback', cookie);
    if (session === undefined) throw noSession('Run `blanket ui`: it prints an address that lets you in.');
    checkOwnPage(request);
    return { ...this.#owner, from, session };
  }

  #fromAfar(request: IncomingMessage): Caller {
    const { socket, headers } = request;
    const from = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort}`;
    if (headers.authorization !== undefined || headers.cookie === undefined) {
      const check = () => checkToken(this.#store, tokenIn(request));
      return callerOf(this.#counted(socket.remoteAddress ?? 'unknown', check), from);
    }
    const session = this.sessions.find('tls', headers.cookie);
    if (session?.token == null) throw noSession('Log in with a token.');
    checkOwnPage(request);
    return { ...callerOf(stillGood(this.#store.tokens.get(session.token)), from), session };
  }

  /** What somebody asked for and may not is written down. @throws BlanketError `access.not-allowed` */
  need({ who, from, grant }: Caller, needs: Needs, route: string): void {
    const lacks = lacking(grant, needs);
    if (lacks.length === 0) return;
    const code = 'access.not-allowed';
    this.#audit.append({ event: 'refused', who, from, route, code });
    throw new BlanketError(code, `${route} needs ${lacks.join(' and ')}, which this token does not give.`, {
      kind: 'not-allowed',
      next: 'Ask who runs control for a token that does.',
      data: { route, lacks },
    });
  }

  /** Writes down that somebody came to where what he does is not seen, such as a console. */
  note({ who, from }: Caller, route: string, params: Record<string, unknown>): void {
    const request = randomUUID();
    const nothing = { query: {}, body: {}, untold: [] };
    this.#audit.append({ event: 'asked', request, who, from, route, params, ...nothing });
    this.#audit.append({ event: 'answered', request, status: 101, code: null, operation: null });
  }

  #counted<T>(address: string, check: () => T): T {
    try {
      return check();
    } catch (error) {
      const isBad = error instanceof BlanketError && error.code === 'access.bad-token';
      const attempts = isBad ? this.#attempts.fail(address) : undefined;
      if (attempts !== undefined) this.#audit.append({ event: 'locked-out', from: address, attempts });
      throw error;
    }
  }
}

const callerOf = ({ name, id, role, migrateOut, migrateIn }: TokenRecord, from: string): Caller => ({
  who: { kind: 'token', name, id, role },
  ...{ from, grant: { role, migrateOut, migrateIn } },
});

const noSession = (next: string): BlanketError =>
  new BlanketError('access.no-session', 'This browser is not logged in, or no longer.', {
    ...{ kind: 'not-allowed', next },
  });

function tokenIn({ headers: { authorization } }: IncomingMessage): string {
  const token = /^Bearer ([\x21-\x7e]{1,200})$/.exec(authorization ?? '')?.[1];
  if (token !== undefined) return token;
  throw refused('no-token', 'A token is needed here, and the request has none.');
}

const tooMany = (waitMs: number): BlanketError =>
  new BlanketError('access.too-many', 'Too many requests or bad tokens came from this address.', {
    kind: 'blocked',
    next: `Try again in ${Math.ceil(waitMs / 1000)} s.`,
    data: { retryMs: waitMs },
  });
