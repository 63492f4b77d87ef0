/** Nothing of the migration stays behind on either host. */
import { reach } from '../agents/reach.ts';
import { witness } from '../proof/witness.ts';
import { CALL_TIMEOUT_MS, idOf, PATIENCE_MS } from './calls.ts';
import { guardWhereItIs } from './guard.ts';
import type { Make } from './state.ts';

export const clean: Make = (services) => ({
  name: 'clean',
  async do({ state, save }) {
    const { agents } = services;
    const witnessed = witness(services, state);
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    await reach(() => agents.call(state.destination, 'migrate.keep', idOf(state), options), PATIENCE_MS);
    await reach(() => agents.call(state.source, 'migrate.discard', idOf(state), options), PATIENCE_MS);
    await guardWhereItIs(services, state);
    save({ witnessed: await witnessed });
  },
});
