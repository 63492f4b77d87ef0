/**
 * Hosts that have not taken all that guest networks want of them, and when each is tried again. Kept in memory: a control
 * that begins knows nothing of what the one before it did not get done, so every host is behind then.
 *
 *   missed ──30 s──▶ tried ──60 s──▶ tried ──120 s──▶ … every 5 min, until it is done
 *
 * The pauses are for hosts that are slow: one that fails because it has too much to do must not be given more.
 */
import type { Store } from '../store/store.ts';

/** `dueMs`: Unix ms. */
export type Debt = { readonly tries: number; readonly dueMs: number };
type Books = { debts: Map<string, Debt>; busy: Set<string> };

const FIRST_MS = 30_000;
const LONGEST_MS = 300_000;

const books = new WeakMap<Store, Books>();

function booksOf(store: Store): Books {
  const known = books.get(store);
  if (known !== undefined) return known;
  const all = store.hosts.list().map(({ name }): [string, Debt] => [name, { tries: 0, dueMs: 0 }]);
  const begun = { debts: new Map(all), busy: new Set<string>() };
  books.set(store, begun);
  return begun;
}

/** A host has missed something. One that is waited for already is not tried later for that. */
export function noteBehind(store: Store, host: string, dueMs = Date.now() + FIRST_MS): void {
  const { debts } = booksOf(store);
  const { tries, dueMs: before } = debts.get(host) ?? { tries: 0, dueMs };
  debts.set(host, { tries, dueMs: Math.min(before, dueMs) });
}

/** What is due on a host, which is in hand from now on; `undefined` when nothing is, or somebody has it in hand. */
export function takeDue(store: Store, host: string, nowMs: number): Debt | undefined {
  const { debts, busy } = booksOf(store);
  const debt = debts.get(host);
  if (debt === undefined || debt.dueMs > nowMs || busy.has(host)) return undefined;
  busy.add(host);
  return debt;
}

/** What was in hand has ended. What the host has missed meanwhile stays. */
export function settle(store: Store, host: string, debt: Debt, done: boolean, nowMs: number): void {
  const { debts, busy } = booksOf(store);
  busy.delete(host);
  if (done && debts.get(host) === debt) debts.delete(host);
  if (done) return;
  const tries = debt.tries + 1;
  debts.set(host, { tries, dueMs: nowMs + Math.min(FIRST_MS * 2 ** tries, LONGEST_MS) });
}
