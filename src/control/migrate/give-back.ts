/**
 * The way back: the half-made copy at the destination is removed, and the guest goes on at the source. Finish was never
 * sent, or was answered with a clear no, so nothing can run at the destination: one that is away or cannot clean up
 * does not hold the guest up, and what stays there is remembered.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';
import { reach } from '../agents/reach.ts';
import { takeLease } from '../guest/lease.ts';
import type { PhaseContext } from '../run-phases.ts';
import type { Services } from '../services.ts';
import { CALL_TIMEOUT_MS, idOf, isGone, PATIENCE_MS } from './calls.ts';
import { guardWhereItIs } from './guard.ts';
import type { MigrateState } from './state.ts';

/** How long a guest that may stand still waits for the destination's word. */
const WORD_MS = 5_000;
/** How long the destination is tried before what is there is left for later: its agent takes 40 s to start on an emulated host. */
const SHORT_PATIENCE_MS = 60_000;

/** @throws BlanketError `migrate.running-here` of the destination, and those of `migrate.keep` at the source */
export async function giveBack(
  services: Services,
  { state: before, save }: PhaseContext<MigrateState>,
): Promise<void> {
  const { agents } = services;
  const state = { ...before, lease: decideBack(services, before.guest) };
  save({ lease: state.lease });
  const leftover = discardThere(services, state);
  leftover.catch(() => undefined); // it is awaited below
  const enough = new AbortController();
  await Promise.race([leftover, sleep(WORD_MS, undefined, { signal: enough.signal })]).finally(() =>
    enough.abort(),
  );
  const keep = { ...idOf(state), decided: true };
  const options = { timeoutMs: CALL_TIMEOUT_MS };
  await reach(() => agents.call(state.source, 'migrate.keep', keep, options), PATIENCE_MS);
  await guardWhereItIs(services, state);
  save({ leftBehind: await leftover });
}

/** What was sent for the way forward and is late is refused from now on, by every host that has heard this lease. */
export function decideBack({ store }: Pick<Services, 'store'>, guest: string): number {
  const lease = takeLease(store);
  store.guests.update(guest, { lease });
  return lease;
}

/** Gives the host on which something stayed. */
async function discardThere({ agents, log }: Services, state: MigrateState): Promise<string | null> {
  const { destination: host, guest } = state;
  const options = { timeoutMs: CALL_TIMEOUT_MS };
  try {
    await reach(() => agents.call(host, 'migrate.discard', idOf(state), options), SHORT_PATIENCE_MS);
    return null;
  } catch (error) {
    if (error instanceof BlanketError && error.code === 'migrate.running-here') throw error;
    if (isGone(error)) return null;
    log.warn({ host, guest, err: error }, 'half-made copy left behind');
    return host;
  }
}
