/** From here on the guest is migrating, for all that look at it, and calls of an earlier migration come too late. */
import { takeLease } from '../guest/lease.ts';
import { restingState } from './cold/is-cold.ts';
import type { Make } from './state.ts';

export const admit: Make = ({ store }) => ({
  name: 'admit',
  async do({ state, save }) {
    const lease = state.lease ?? takeLease(store);
    save({ lease });
    store.guests.update(state.guest, { state: 'migrating', lease });
  },
  async undo({ state }) {
    store.guests.update(state.guest, { state: restingState(state) });
  },
});
