/** The disks on their way: the destination fetches them, and then both sides' are read again and compared. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { BlanketError } from '../../../wire/errors.ts';
import { type ColdDigests, coldProgressSchema } from '../../../wire/methods/cold.ts';
import { isAway, reach } from '../../agents/reach.ts';
import type { PhaseContext } from '../../run-phases.ts';
import type { Services } from '../../services.ts';
import { CALL_TIMEOUT_MS, idOf, PATIENCE_MS } from '../calls.ts';
import { copyDeadline } from '../deadline.ts';
import { travellingSpec } from '../held-disks.ts';
import type { Make, MigrateState } from '../state.ts';
import { coldOf } from './is-cold.ts';

/** A copy may take as long as it takes; this is the longest a timer can be. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** How long a destination that is away is waited for on the way back. */
const SHORT_PATIENCE_MS = 60_000;
/** How long a stream that breaks again and again, and moves nothing, is begun anew. */
const QUIET_MS = 120_000;
const PAUSE_MS = 2_000;
const POLL_MS = 500;

type Context = PhaseContext<MigrateState>;

export const copyCold: Make = (services) => ({
  name: 'copy',
  async do({ state, save, progress, signal }) {
    const deadline = copyDeadline(services, state);
    const either = AbortSignal.any([signal, deadline.signal]);
    try {
      const sent = await fetchAll(services, { state, progress, signal: either });
      save({ cold: { ...coldOf(state), sent } });
      progress({ message: 'comparing the disks of both hosts' });
      const files = await compare(services, state, either);
      save({ cold: { ...coldOf(state), sent, files }, digests: digestsOf(files) });
    } catch (error) {
      throw deadline.signal.aborted && !signal.aborted ? deadline.signal.reason : error;
    } finally {
      deadline.stop();
    }
  },
  async undo({ state }) {
    const { source, destination, guest } = state;
    const [there, here] = await Promise.allSettled([
      stopWork(services, state, destination, SHORT_PATIENCE_MS),
      stopWork(services, state, source, PATIENCE_MS),
    ]);
    // One that is away keeps the guest from nothing: its stream has no other end any more, and what it has is removed later.
    if (there.status === 'rejected') {
      services.log.warn({ host: destination, guest, err: there.reason }, 'copy not seen to end');
    }
    if (here.status === 'rejected') throw here.reason;
  },
});

/** @throws that the host cannot be reached, or is still at it, after so many ms */
async function stopWork({ agents }: Services, state: MigrateState, host: string, withinMs: number) {
  const until = Date.now() + withinMs;
  await reach(() => agents.call(host, 'migrate.cancel', idOf(state)), withinMs);
  const status = () => agents.call(host, 'migrate.status', idOf(state));
  while ((await reach(status, withinMs)).busy) {
    if (Date.now() > until)
      throw new Error(`${host} does not end getting the disks of ${state.guest} across`);
    await sleep(POLL_MS);
  }
}

const mayTryAgain = (error: unknown): boolean =>
  isAway(error) || (error instanceof BlanketError && error.code === 'cold.stream');

/** Each stream has an offer of its own; what had come before it broke need not come again. @returns bytes sent */
async function fetchAll(
  services: Services,
  { state, progress, signal }: Pick<Context, 'state' | 'progress' | 'signal'>,
): Promise<number> {
  const { agents } = services;
  const spec = await travellingSpec(services, state);
  const { bandwidthBps: bandwidth } = state.objective;
  const wish = { ...idOf(state), ...(bandwidth !== undefined && { bandwidth }) };
  let before = 0;
  let sent = 0;
  let movedAt = Date.now();
  const begunAt = Date.now();
  const onProgress = (value: unknown) => {
    const { done, total, sent: now } = coldProgressSchema.parse(value);
    if (now > sent) movedAt = Date.now();
    sent = now;
    const bytesPerSecond = Math.round(((before + sent) * 1000) / Math.max(1, Date.now() - begunAt));
    progress({ message: 'disk', doneBytes: done, totalBytes: total, bytesPerSecond });
  };
  for (;;) {
    signal.throwIfAborted();
    try {
      const offer = await agents.call(state.source, 'cold.offer', wish, { timeoutMs: CALL_TIMEOUT_MS });
      const options = { signal, onProgress, timeoutMs: NO_TIMEOUT_MS };
      const got = await agents.call(
        state.destination,
        'cold.fetch',
        { ...idOf(state), spec, offer },
        options,
      );
      return before + got.sent;
    } catch (error) {
      if (signal.aborted || !mayTryAgain(error) || Date.now() - movedAt > QUIET_MS) throw error;
      [before, sent] = [before + sent, 0];
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }
}

/** @throws BlanketError `cold.differs` */
async function compare({ agents }: Services, state: MigrateState, signal: AbortSignal): Promise<ColdDigests> {
  const ask = (host: string) => () => {
    signal.throwIfAborted(); // a host that cannot be reached does not look at it
    return agents.call(host, 'cold.digest', idOf(state), { signal, timeoutMs: NO_TIMEOUT_MS });
  };
  const digest = (host: string) => reach(ask(host), PATIENCE_MS);
  const [there, here] = await Promise.all([digest(state.source), digest(state.destination)]);
  if (isDeepStrictEqual(there.files, here.files)) return there.files;
  const message = `The disks of ${state.guest} that came to ${state.destination} are not those of ${state.source}.`;
  throw new BlanketError('cold.differs', message, {
    kind: 'rolled-back',
    next: 'Try again; should it happen twice, test the memory and the disks of both hosts.',
    data: { source: there.files, destination: here.files },
  });
}

/** One digest for all the disks: that of the list of theirs. */
function digestsOf(files: ColdDigests): NonNullable<MigrateState['digests']> {
  const hash = createHash('sha256');
  for (const { name, digest } of files) hash.update(`${name} ${digest}\n`);
  const all = `sha256:${hash.digest('hex')}`;
  return { source: all, destination: all };
}
