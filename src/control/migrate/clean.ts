/** Nothing of the migration stays behind on either host. */
import { reach } from '../agents/reach.ts';
import { witness } from '../proof/witness.ts';
import type { Services } from '../services.ts';
import { CALL_TIMEOUT_MS, idOf, PATIENCE_MS } from './calls.ts';
import { guardWhereItIs } from './guard.ts';
import { measureStep, syncGuestClock } from './guest-clock.ts';
import type { Make, MigrateState } from './state.ts';

export const clean: Make = (services) => ({
  name: 'clean',
  async do({ state, save }) {
    const { agents } = services;
    const witnessed = witness(services, state);
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    await reach(() => agents.call(state.destination, 'migrate.keep', idOf(state), options), PATIENCE_MS);
    const clock = clockOf(services, state);
    await reach(() => agents.call(state.source, 'migrate.discard', idOf(state), options), PATIENCE_MS);
    await guardWhereItIs(services, state);
    const { warnings = [] } = state;
    const { clockStep, unset } = await clock;
    save({ witnessed: await witnessed, clockStep, warnings: [...warnings, ...unset] });
  },
});

/** Set only after it was read: what a move does to a clock is to be known also when it is put right at once. */
async function clockOf(services: Services, state: MigrateState) {
  const clockStep = await measureStep(services, state);
  const { guest, destination, objective } = state;
  const unset = objective.syncTime === true ? await syncGuestClock(services, destination, guest) : [];
  return { clockStep, unset };
}
