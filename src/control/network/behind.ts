/**
 * Hosts that have not taken all that guest networks want of them, and when each is tried again. Kept in memory: a control
 * that begins knows nothing of what the one before it did not get done, so every host is behind then.
 *
 *   missed ──30 s──▶ tried ──60 s──▶ tried ──120 s──▶ … every 5 min, until it is done
 *
 * The pauses are for hosts that are slow: one that fails because it has too much to do must not be given more. One where only
 * a port is taken is not slow: that is looked at every 5 min, and what it misses otherwise begins with 30 s.
 */
import type { Store } from '../store/store.ts';

/** `dueMs`: Unix ms. */
type Debt = { readonly tries: number; readonly dueMs: number };
/** `busy`: what is in hand. */
type Books = { debts: Map<string, Debt>; busy: Map<string, Debt> };
/** How a try ended; `port-taken`: all was set but that. */
export type Ending = 'done' | 'port-taken' | 'failed';

const FIRST_MS = 30_000;
const LONGEST_MS = 300_000;

const books = new WeakMap<Store, Books>();

function booksOf(store: Store): Books {
  const known = books.get(store);
  if (known !== undefined) return known;
  const all = store.hosts.list().map(({ name }): [string, Debt] => [name, { tries: 0, dueMs: 0 }]);
  const begun = { debts: new Map(all), busy: new Map<string, Debt>() };
  books.set(store, begun);
  return begun;
}

/** A host has missed something. One that is waited for already is not tried later for that. */
export function noteBehind(store: Store, host: string, dueMs = Date.now() + FIRST_MS): void {
  const { debts, busy } = booksOf(store);
  const known = debts.get(host);
  const waiting = known === busy.get(host) ? undefined : known; // what is in hand is not waited for any more
  debts.set(host, { tries: known?.tries ?? 0, dueMs: Math.min(waiting?.dueMs ?? dueMs, dueMs) });
}

/** What is due on a host, which is in hand from now on; `undefined` when nothing is, or somebody has it in hand. */
export function takeDue(store: Store, host: string, nowMs: number): Debt | undefined {
  const { debts, busy } = booksOf(store);
  const debt = debts.get(host);
  if (debt === undefined || debt.dueMs > nowMs || busy.has(host)) return undefined;
  busy.set(host, debt);
  return debt;
}

/** What was in hand has ended. What the host has missed meanwhile stays. */
export function settle(store: Store, host: string, debt: Debt, ending: Ending, nowMs: number): void {
  const { debts, busy } = booksOf(store);
  busy.delete(host);
  const noted = debts.get(host);
  debts.delete(host);
  const tries = ending === 'failed' ? debt.tries + 1 : 0;
  const pauseMs = ending === 'failed' ? Math.min(FIRST_MS * 2 ** tries, LONGEST_MS) : LONGEST_MS;
  if (ending !== 'done') debts.set(host, { tries, dueMs: nowMs + pauseMs });
  if (noted !== undefined && noted !== debt) noteBehind(store, host, noted.dueMs);
}
