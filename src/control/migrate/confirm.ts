/** The source is told that the guest has gone, and lets go of it. */
import { reach } from '../agents/reach.ts';
import { CALL_TIMEOUT_MS, idOf, PATIENCE_MS } from './calls.ts';
import type { Make } from './state.ts';

export const confirm: Make = ({ agents }) => ({
  name: 'confirm',
  async do({ state, save, progress }) {
    progress({ message: `the guest runs on ${state.destination}; telling ${state.source}` });
    const wish = { ...idOf(state), cookie: state.finished?.cookie ?? '', cancelled: false };
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    const { stats } = await reach(
      () => agents.call(state.source, 'migrate.confirm', wish, options),
      PATIENCE_MS,
    );
    save({ confirmed: { stats } });
  },
});
