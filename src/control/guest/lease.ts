/**
 * Leases that control gives. One count serves all guests, so that a guest which takes the name of one that is gone begins above
 * it, and it is never below the clock, so that so does the control of a store that was lost or restored.
 */
import { leaseSchema } from '../../wire/lease.ts';
import type { Store } from '../store/store.ts';

const name = 'lease';

/** Higher than any before. */
export function takeLease({ settings }: Pick<Store, 'settings'>): number {
  const before = settings.find(name);
  const last = before === undefined ? 0 : leaseSchema.parse(before.value);
  const value = Math.max(last + 1, Math.floor(Date.now() / 1000));
  if (before === undefined) settings.insert({ name, value });
  else settings.update(name, { value });
  return value;
}
