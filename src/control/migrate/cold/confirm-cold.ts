/** The destination has the guest, so the source lets go of its copy. */
import { reach } from '../../agents/reach.ts';
import { CALL_TIMEOUT_MS, idOf, PATIENCE_MS } from '../calls.ts';
import type { Make } from '../state.ts';

export const confirmCold: Make = ({ agents }) => ({
  name: 'confirm',
  async do({ state, progress }) {
    progress({ message: `the guest is on ${state.destination}; telling ${state.source}` });
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    await reach(() => agents.call(state.source, 'migrate.discard', idOf(state), options), PATIENCE_MS);
  },
});
