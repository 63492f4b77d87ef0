/**
 * The handover: the destination is told to let the guest run, and as soon as its hypervisor says that the guest does, every
 * host is told to send its frames there. Network and book-keeping then go on side by side.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { finishProgressSchema } from '../../wire/migration.ts';
import type { Agents } from '../agents/agents.ts';
import { reach } from '../agents/reach.ts';
import { flipForwarding } from '../network/forward.ts';
import { NothingHappened, type Phase } from '../run-phases.ts';
import type { Services } from '../services.ts';
import { arrive } from './arrive.ts';
import { CALL_TIMEOUT_MS, idOf, isGone, PATIENCE_MS } from './calls.ts';
import type { MigrateState } from './state.ts';

type Finished = AgentResult<'migrate.finish'>;

const POLL_MS = 500;

export const cutover = (services: Services): Phase<MigrateState> => ({
  name: 'cutover',
  noReturn: true,
  async do(context) {
    const { state, save } = context;
    const { performed, destination } = state;
    if (performed === undefined) throw new NothingHappened('migrate.not-copied', 'The copy has not ended.');
    const frames = framesTo(services, state, save);
    const end =
      performed.postcopy === true
        ? await arrive(services, context, frames.go)
        : await finish(services.agents, state, performed.cookie, frames.go);
    if (!end.running) {
      await frames.back();
      const message = `${state.guest} could not be started on ${destination}.`;
      const cause = end.reason === undefined ? undefined : new Error(end.reason);
      throw new NothingHappened('migrate.finish-failed', message, { kind: 'rolled-back', cause });
    }
    const handoverMs = handoverOf(performed, frames.wentAt());
    const finished = { cookie: end.cookie, stats: end.stats, handoverMs, forwardingMs: null };
    save({ finished });
    services.store.guests.update(state.guest, { host: destination });
    save({ finished: { ...finished, forwardingMs: await frames.go() } });
  },
});

/**
 * In post-copy the guest goes on long before finish ends. @param wentAt when it was heard of, Unix ms
 * @returns ms, or `null` in post-copy where it was not heard of: until finish ended is no downtime then
 */
function handoverOf({ at, postcopy }: NonNullable<MigrateState['performed']>, wentAt: number | undefined) {
  const until = postcopy === true ? wentAt : Date.now();
  return until === undefined ? null : Math.max(0, until - at);
}

/**
 * `go` sends the guest's frames to the destination, once; `back` undoes that when it was done, also by a control that has
 * ended since. `wentAt`: when the destination said that the guest goes on, Unix ms, also to a control before. The journal has it first, so that whoever tells a host of the network meanwhile tells it the same.
 */
function framesTo(
  services: Services,
  { guest, source, destination, handed, wentAt }: MigrateState,
  save: (change: Partial<MigrateState>) => void,
) {
  const { store, log } = services;
  const moved = store.guests.get(guest);
  let going: Promise<number | null> | undefined;
  let went = wentAt;
  const note = (now: boolean) => save({ handed: now, ...(now && went !== undefined && { wentAt: went }) });
  const flip = (from: string, to: string) => flipForwarding(services, { ...moved, host: from }, to);
  /** The network follows the guest; it never keeps it from going. Nor does a journal that cannot be written keep the frames. */
  const begin = async (): Promise<number | null> => {
    try {
      note(true);
    } catch (error) {
      log.error({ guest, at: destination, err: error }, 'handover not noted');
    }
    try {
      return await flip(source, destination);
    } catch (error) {
      log.error({ guest, at: destination, err: error }, 'forwarding not changed');
      return null;
    }
  };
  return {
    wentAt: () => went,
    go: (isSaidNow = false): Promise<number | null> => {
      if (isSaidNow) went ??= Date.now();
      going ??= begin();
      return going;
    },
    async back(): Promise<void> {
      if (going === undefined && handed !== true) return;
      note(false);
      await going;
      await flip(destination, source);
    },
  };
}

/**
 * Lets the guest run at the destination. An agent that was restarted in between cannot finish, but it can tell
 * what has become of the guest: libvirt either had finished, or has removed what waited there.
 */
async function finish(
  agents: Agents,
  state: MigrateState,
  cookie: string,
  onRunning: (isSaidNow: boolean) => Promise<unknown>,
): Promise<Finished> {
  const id = idOf(state);
  const onProgress = (value: unknown) => {
    if (finishProgressSchema.safeParse(value).success) void onRunning(true);
  };
  const options = { timeoutMs: CALL_TIMEOUT_MS, onProgress };
  const ask = () =>
    agents.call(state.destination, 'migrate.finish', { ...id, cookie, cancelled: false }, options);
  try {
    return await reach(ask, PATIENCE_MS);
  } catch (error) {
    if (isGone(error)) return { cookie: '', running: false, reason: `${state.destination} was removed.` };
    if (!(error instanceof BlanketError) || error.code !== 'migrate.interrupted') throw error;
    const running = await hasCome(agents, state, error);
    return running ? { cookie: '', running } : { cookie: '', running, reason: error.message };
  }
}

/**
 * What only waits for its memory is not defined, and libvirt keeps the definition before it lets the guest go on. So one that is
 * stopped has come, and was ended with its hypervisor: it is started there, since its disk may be newer than the source's.
 */
async function hasCome(agents: Agents, state: MigrateState, doubt: BlanketError): Promise<boolean> {
  const status = () => agents.call(state.destination, 'migrate.status', idOf(state));
  const keep = () =>
    agents.call(state.destination, 'migrate.keep', idOf(state), { timeoutMs: CALL_TIMEOUT_MS });
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(POLL_MS)) {
    const { guest } = await reach(status, PATIENCE_MS);
    if (guest === 'absent') return false;
    if (guest === 'stopped') await reach(keep, PATIENCE_MS);
    if (guest !== 'incoming') return true;
  }
  throw doubt;
}
