/**
 * Tickets: 256 random bits that stand for the caller who asked, for one guest's console, once and for seconds. They are in
 * memory alone, as their SHA-256, so a control that restarts knows none of them. What was used or is over is remembered for a
 * while, so that a page that comes late is not taken for somebody who guesses.
 */
import { createHash, randomBytes } from 'node:crypto';
import { BlanketError } from '../../wire/errors.ts';
import type { Caller } from '../access/gate.ts';

export type Purpose = { guest: string; kind: 'serial'; mode: 'read' | 'write' };

type Kept = Purpose & { caller: Caller; expiresAt: number; used: boolean };

export const TICKET_MS = 30_000;
const REMEMBERED_MS = 600_000;
const MOST = 10_000;

const keyOf = (ticket: string): string => createHash('sha256').update(ticket).digest('hex');

export class Tickets {
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  issue(caller: Caller, purpose: Purpose): { ticket: string; expiresAt: number } {
    this.#forget();
    const ticket = randomBytes(32).toString('base64url');
    const expiresAt = this.#now() + TICKET_MS;
    this.#kept.set(keyOf(ticket), { ...purpose, caller, expiresAt, used: false });
    return { ticket, expiresAt };
  }

  /**
   * Who asked for it, and for what. It is used up by the first who shows it, right or wrong.
   * @throws BlanketError `access.bad-ticket`, `access.ticket-used`, `access.ticket-expired`
   */
  redeem(ticket: string, wanted: Pick<Purpose, 'guest' | 'kind'>): Purpose & { caller: Caller } {
    const kept = this.#kept.get(keyOf(ticket));
    if (kept === undefined) throw refused('bad-ticket', 'The ticket is not one of this control.');
    if (kept.used) throw refused('ticket-used', 'The ticket was used before.');
    kept.used = true;
    if (kept.expiresAt <= this.#now()) throw refused('ticket-expired', 'The ticket is too old.');
    if (kept.guest !== wanted.guest || kept.kind !== wanted.kind) {
      throw refused('bad-ticket', 'The ticket is for something else.');
    }
    return kept;
  }

  #forget(): void {
    const old = this.#now() - REMEMBERED_MS;
    for (const [key, { expiresAt }] of this.#kept) {
      if (expiresAt > old && this.#kept.size < MOST) return;
      this.#kept.delete(key);
    }
  }
}

const refused = (code: string, message: string): BlanketError =>
  new BlanketError(`access.${code}`, message, {
    kind: 'not-allowed',
    next: 'Ask for a new one: POST /v1/guests/NAME/console-ticket.',
  });
