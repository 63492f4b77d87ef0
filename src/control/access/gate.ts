/**
 * Who may pass, from a request's head alone: before its body is read, and before a console is opened.
 *
 *   Unix socket   control's own user: an admin
 *   TLS           rate and lock-out, Host, Origin, token, then what the route needs
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Grant, lacking, type Needs } from '../../wire/access.ts';
import type { Who } from '../../wire/audit.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { AuditLog } from '../audit/log.ts';
import { socketOwner } from '../audit/owner.ts';
import { Tickets } from '../console/tickets.ts';
import type { Store } from '../store/store.ts';
import { Attempts, type Limits } from './attempts.ts';
import { checkToken, refused } from './tokens.ts';

/** What is only said to who does not know a secret. */
const guesses = ['access.bad-token', 'access.bad-ticket'];

export type Caller = { who: Who; from: string; grant: Grant };

export class Gate {
  readonly #store: Store;
  readonly #audit: AuditLog;
  readonly #attempts: Attempts;
  readonly #owner: Caller;
  /** Host names under which control is reached, beside any IP address. */
  names: readonly string[] = ['localhost'];
  readonly tickets = new Tickets();

  constructor(store: Store, audit: AuditLog, limits?: Limits) {
    this.#store = store;
    this.#audit = audit;
    this.#attempts = new Attempts(limits);
    this.#owner = {
      ...{ who: socketOwner(), from: 'socket' },
      grant: { role: 'admin', migrateOut: true, migrateIn: true },
    };
  }

  /**
   * @throws BlanketError `access.too-many`, `access.wrong-host`, `access.foreign-origin`, `access.no-token`,
   * `access.bad-token`, `access.token-expired`, `access.token-revoked`
   */
  admit(request: IncomingMessage): Caller {
    const { socket } = request;
    const address = this.#addressOf(request);
    if (address === undefined) return this.#owner;
    const record = this.#counted(address, () => checkToken(this.#store, tokenIn(request)));
    const { name, id, role, migrateOut, migrateIn } = record;
    return {
      who: { kind: 'token', name, id, role },
      from: `${address}:${socket.remotePort}`,
      grant: { role, migrateOut, migrateIn },
    };
  }

  /** As `admit`, for a request whose ticket stands for a token. @throws BlanketError as `admit`, and what `redeem` throws */
  admitTicket<T>(request: IncomingMessage, redeem: () => T): T {
    const address = this.#addressOf(request);
    return address === undefined ? redeem() : this.#counted(address, redeem);
  }

  /** Where it comes from, once that may ask at all; `undefined`: the Unix socket. */
  #addressOf(request: IncomingMessage): string | undefined {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) return undefined;
    const address = socket.remoteAddress ?? 'unknown';
    const waitMs = this.#attempts.wait(address);
    if (waitMs > 0) throw tooMany(waitMs);
    checkNames(request, this.names);
    return address;
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
      const isBad = error instanceof BlanketError && guesses.includes(error.code);
      const attempts = isBad ? this.#attempts.fail(address) : undefined;
      if (attempts !== undefined) this.#audit.append({ event: 'locked-out', from: address, attempts });
      throw error;
    }
  }
}

function tokenIn({ headers: { authorization } }: IncomingMessage): string {
  const token = /^Bearer ([\x21-\x7e]{1,200})$/.exec(authorization ?? '')?.[1];
  if (token !== undefined) return token;
  throw refused('no-token', 'A token is needed here, and the request has none.');
}

/** A page of another site can neither name this control's host nor hide where it comes from. */
function checkNames({ headers: { host = '', origin } }: IncomingMessage, names: readonly string[]): void {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (isIP(name) === 0 && !names.includes(name)) {
    throw refused('wrong-host', 'This control does not go by the name in the request.');
  }
  if (origin !== undefined && origin.toLowerCase() !== `https://${host.toLowerCase()}`) {
    throw refused('foreign-origin', 'The request comes from a page of another site.');
  }
}

const tooMany = (waitMs: number): BlanketError =>
  new BlanketError('access.too-many', 'Too many requests or bad tokens came from this address.', {
    kind: 'blocked',
    next: `Try again in ${Math.ceil(waitMs / 1000)} s.`,
    data: { retryMs: waitMs },
  });
