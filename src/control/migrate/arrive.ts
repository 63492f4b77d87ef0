/**
 * The handover in post-copy: the guest goes on at the destination at once, and finish ends when all its memory is there. There is
 * no way back: whatever fails, nothing is removed, the source is not woken, and a person is told. Who resumes the operation
 * takes up what broke where both hypervisors can, or starts a guest whose memory is lost from its disk, as after a power cut.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { finishProgressSchema } from '../../wire/migration.ts';
import { reach } from '../agents/reach.ts';
import type { PhaseContext } from '../run-phases.ts';
import type { Services } from '../services.ts';
import { CALL_TIMEOUT_MS, idOf, isGone, NO_TIMEOUT_MS, PATIENCE_MS } from './calls.ts';
import { recover } from './recover.ts';
import type { MigrateState } from './state.ts';

type Finished = AgentResult<'migrate.finish'>;
type Context = PhaseContext<MigrateState>;
/** @param isSaidNow by the destination's hypervisor, at the moment in which the guest goes on; otherwise it was found to run. */
type OnRunning = (isSaidNow: boolean) => Promise<unknown>;

const POLL_MS = 500;

const runs: Finished = { cookie: '', running: true };

/** @throws BlanketError `migrate.postcopy-failed`, `migrate.postcopy-lost`, kind `attention`; never `NothingHappened` */
export async function arrive(services: Services, context: Context, onRunning: OnRunning): Promise<Finished> {
  const { state, save, progress } = context;
  progress({ message: `post-copy: it goes on at ${state.destination}, its memory after it` });
  try {
    return state.broken === true
      ? await again(services, context, onRunning)
      : await finish(services, state, onRunning);
  } catch (error) {
    save({ broken: true });
    // it lives there, or nowhere: who looks for it, and who stops it, is to look there
    services.store.guests.update(state.guest, { host: state.destination });
    throw failed(state, error);
  }
}

async function finish({ agents }: Services, state: MigrateState, onRunning: OnRunning): Promise<Finished> {
  const onProgress = (value: unknown) => {
    if (finishProgressSchema.safeParse(value).success) void onRunning(true);
  };
  const cookie = state.performed?.cookie ?? '';
  const wish = { ...idOf(state), cookie, cancelled: false, postcopy: true };
  const options = { timeoutMs: NO_TIMEOUT_MS, onProgress };
  try {
    return await reach(() => agents.call(state.destination, 'migrate.finish', wish, options), PATIENCE_MS);
  } catch (error) {
    if (!hasCode(error, 'migrate.postcopy-active') && !hasCode(error, 'migrate.interrupted')) throw error;
    return await wait(agents, state, onRunning, error);
  }
}

const hasCode = (error: unknown, code: string): error is BlanketError =>
  error instanceof BlanketError && error.code === code;

/** libvirt goes on by itself when the agent that asked has gone. As long as pages come there is nothing to give up. */
async function wait(
  { call }: Services['agents'],
  state: MigrateState,
  onRunning: OnRunning,
  doubt: unknown,
): Promise<Finished> {
  const status = () => call(state.destination, 'migrate.status', idOf(state));
  for (let until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(POLL_MS)) {
    const { guest, postcopy } = await reach(status, PATIENCE_MS);
    if (postcopy === 'failed')
      throw lost('migrate.postcopy-failed', 'the way between the hosts broke', doubt);
    if (guest === 'absent' || guest === 'stopped')
      throw lost('migrate.postcopy-lost', `it ended at ${state.destination}, and its memory with it`, doubt);
    if (postcopy === 'active') {
      void onRunning(false); // whoever would have told of it has gone
      until = Date.now() + PATIENCE_MS;
    } else if (guest === 'running') return runs;
  }
  throw doubt;
}

const lost = (code: string, message: string, cause: unknown): BlanketError =>
  new BlanketError(code, message, { cause });

/** A person has seen that it broke, and wants it taken up. */
async function again(services: Services, context: Context, onRunning: OnRunning): Promise<Finished> {
  const { state, save } = context;
  const { agents } = services;
  const status = () => agents.call(state.destination, 'migrate.status', idOf(state));
  const there = await reach(status, PATIENCE_MS);
  if (there.guest === 'absent' || there.guest === 'stopped') {
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    await reach(() => agents.call(state.destination, 'migrate.keep', idOf(state), options), PATIENCE_MS);
    save({ restarted: true });
    return runs;
  }
  if (there.postcopy === 'active') return wait(agents, state, onRunning, undefined);
  if (there.postcopy === 'failed') return recover(services, state);
  return finish(services, state, onRunning);
}

/** What is true, and what a person can do. */
function failed({ guest, source, destination, operation }: MigrateState, cause: unknown): BlanketError {
  const options = { kind: 'attention' as const, cause, data: { guest, source, destination } };
  const resume = `\`blanket op resume ${operation}\``;
  if (isGone(cause)) {
    const message = `${guest} had gone to ${destination} in post-copy, and that host was removed: its memory is lost.`;
    const next = `Its disk on ${source} is as it was when the guest went; it is not started there by itself.`;
    return new BlanketError('migrate.postcopy-lost', message, { ...options, next });
  }
  if (hasCode(cause, 'migrate.postcopy-lost')) {
    const message = `${guest} had gone to ${destination} in post-copy and ended there: its memory is lost.`;
    const next = `${resume} starts it anew from its disk on ${destination}, as after a power cut.`;
    return new BlanketError('migrate.postcopy-lost', message, { ...options, next });
  }
  if (hasCode(cause, 'migrate.postcopy-beyond')) {
    const next = `Stop it by force (\`blanket guest stop ${guest} --force\`); then ${resume} starts it anew from its disk on ${destination}, as after a power cut.`;
    return new BlanketError('migrate.postcopy-lost', cause.message, { ...options, next });
  }
  const message = `${guest} has gone to ${destination} in post-copy, and the rest of its memory has not come: it stands still, or soon will.`;
  const next = `Do not stop it on either host: its memory is in part on ${source}. When the two reach each other again, ${resume} takes it up.`;
  return new BlanketError('migrate.postcopy-failed', message, { ...options, next });
}
