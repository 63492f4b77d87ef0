/** From here on the guest is migrating, for all that look at it. */
import type { Make } from './state.ts';

export const admit: Make = ({ store }) => ({
  name: 'admit',
  async do({ state }) {
    store.guests.update(state.guest, { state: 'migrating' });
  },
  async undo({ state }) {
    store.guests.update(state.guest, { state: 'running' });
  },
});
