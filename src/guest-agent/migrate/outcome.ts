/**
 * After something went wrong: what is true here, and the two ways out. Right also when the agent or libvirt was
 * restarted in between. What libvirt leaves behind then (its QEMU driver's close callbacks):
 *
 *   source, begun            the guest runs; the job is gone
 *   source, perform running  the copy goes on to its end, and the guest is then paused
 *   source, performed        the guest is paused
 *   destination, prepared    the waiting domain is killed
 *   destination, finished    the guest runs
 */
import { isLibvirtError, LibvirtConnectionError } from '../../libvirt/errors.ts';
import type { AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { keepCold } from '../cold/keep.ts';
import type { Context } from '../context.ts';
import { hasDisk } from '../disks.ts';
import type { Engine, GuestState } from '../engines/engine.ts';
import { engineOf, specOf } from '../guests.ts';
import { logError } from '../log.ts';
import { eraseIfSame } from './erase.ts';
import { closeSide, isRunning, sideOf } from './live.ts';
import { hasSwitched, refuseSwitched } from './post-copy.ts';
import {
  keepRecord,
  type MigrationId,
  type MigrationRecord,
  newRecord,
  openRecords,
  readRecord,
  refuseOver,
} from './record.ts';

/** A paused guest at a destination that has not finished is only waiting for its memory. */
const stateFor = (record: MigrationRecord | undefined, state: GuestState): GuestState =>
  record?.side === 'destination' && record.step === 'prepared' && state === 'paused' ? 'incoming' : state;

async function isBusy({ live }: Context, engine: Engine, record: MigrationRecord): Promise<boolean> {
  if (isRunning(live, record.operation)) return true;
  // A copy that an agent before this one began goes on without anybody's connection. With the connection here
  // the job is there from begin to confirm, and says nothing.
  if (record.side !== 'source' || record.closed || sideOf(live, record.operation) !== undefined) return false;
  // What broke in post-copy has a job for as long as it is not taken up; nothing of it moves.
  const broken = record.step === 'switched' && (await engine.postCopy(record.guest)) === 'failed';
  return !broken && engine.isCopying(record.guest);
}

export async function status(context: Context, id: MigrationId): Promise<AgentResult<'migrate.status'>> {
  const record = await readRecord(context, id);
  const engine = await engineOf(context, id.guest);
  const guest = stateFor(record, await engine.state(id.guest));
  if (record === undefined) return { step: 'none', busy: false, cancelled: false, guest };
  const cancelled = record.cancelled || context.live.cancelled.has(id.operation);
  const postcopy = await engine.postCopy(id.guest);
  const switched = await hasSwitched(engine, record);
  const busy = await isBusy(context, engine, record);
  return { step: record.step, busy, cancelled, guest, postcopy, switched };
}

async function refuseWhileBusy(context: Context, engine: Engine, record: MigrationRecord): Promise<void> {
  if (!(await isBusy(context, engine, record))) return;
  throw new BlanketError('migrate.busy', `${record.guest} is still being copied.`, {
    kind: 'conflict',
    next: 'Cancel the migration and wait until migrate.status is no longer busy.',
  });
}

/** Nothing was begun here in this operation's name, so whatever the guest is, it is not the operation's doing. */
const isUntouched = (record: MigrationRecord): boolean => record.side === 'source' && record.step === 'none';

/**
 * A source whose guest does not run any more cannot know whether it runs at the destination: `decided` says that control does.
 * @throws BlanketError `migrate.undecided`
 */
function refuseUndecided(
  { side, closed, guest }: MigrationRecord,
  state: GuestState,
  decided: boolean,
): void {
  if (side !== 'source' || closed || decided || state === 'running') return;
  const message = `${guest} is ${state} here and may run at the destination already.`;
  throw new BlanketError('migrate.undecided', message, {
    kind: 'attention',
    next: 'Resume the operation with `blanket op resume`: it asks the destination.',
  });
}

/**
 * Nothing was done here, and nothing is to be done: a begin or prepare of this operation that is still on its way is refused when
 * it arrives. A disk that is too full for that does not hold the guest up.
 */
async function shut(context: Context, record: MigrationRecord): Promise<void> {
  await keepRecord(context, record, { closed: true, cancelled: true }).catch((error: unknown) =>
    logError('migrate.record-failed', error, { guest: record.guest }),
  );
}

/**
 * A keep of a migration that is over may come when the guest is on its way once more: to let it run here then would be a second copy.
 * @throws BlanketError `migrate.over`
 */
async function refuseLate(context: Context, record: MigrationRecord): Promise<void> {
  if (!record.closed) return;
  const open = await openRecords(context, record.guest);
  if (open.some(({ operation }) => operation !== record.operation)) refuseOver(record);
}

/**
 * The guest lives here: makes it run and stay defined.
 * @throws BlanketError `migrate.busy`, `migrate.switched`, `migrate.undecided`, `migrate.not-finished`, `guest.lost`
 */
export async function keep(
  context: Context,
  { decided, ...id }: MigrationId & { decided: boolean },
): Promise<{ state: GuestState }> {
  const record = await readRecord(context, id);
  const engine = await engineOf(context, id.guest);
  if (record === undefined || isUntouched(record)) {
    if (record?.closed !== true) await shut(context, record ?? newRecord(id, 'source'));
    return { state: await engine.state(id.guest) };
  }
  await refuseLate(context, record);
  await refuseWhileBusy(context, engine, record);
  if (record.side === 'source') await refuseSwitched(engine, record);
  refuseUndecided(record, await engine.state(id.guest), decided);
  if (record.cold) return keepCold(context, engine, record);
  await release(context, record);
  await makeRun(context, engine, id, stateFor(record, await engine.state(id.guest)));
  await engine.persist(id.guest);
  if (!record.closed) {
    const end = record.side === 'source' ? { cancelled: true } : { step: 'finished' as const };
    await keepRecord(context, record, { closed: true, ...end });
  }
  return { state: await engine.state(id.guest) };
}

/** Tells libvirt that the source's migration is off, as long as it still knows of it. */
async function release(context: Context, record: MigrationRecord): Promise<void> {
  if (record.side !== 'source' || record.closed) return;
  const side = sideOf(context.live, record.operation);
  if (side === undefined) return;
  try {
    await side.confirm({ cookie: new Uint8Array(), cancelled: true });
  } catch (error) {
    // libvirt has forgotten the migration, or was restarted meanwhile: what is true is asked next.
    if (!isLibvirtError(error) && !(error instanceof LibvirtConnectionError)) throw error;
    logError('migrate.release-failed', error, { guest: record.guest });
  }
  await closeSide(context.live, record.operation);
}

async function makeRun(context: Context, engine: Engine, id: MigrationId, state: GuestState): Promise<void> {
  switch (state) {
    case 'running':
      return;
    case 'paused':
      return engine.resume(id.guest);
    case 'stopped':
      return engine.start(id.guest);
    case 'incoming':
      throw new BlanketError('migrate.not-finished', `${id.guest} waits here for its memory.`, {
        kind: 'conflict',
        next: 'Finish the migration, or discard this side.',
      });
    case 'absent': {
      const spec = await specOf(context, id.guest);
      if (spec === undefined || !(await hasDisk(context.paths, id.guest))) throw lost(id.guest);
      await engine.define(spec);
      return engine.start(id.guest);
    }
  }
}

const lost = (guest: string): BlanketError =>
  new BlanketError('guest.lost', `${guest} is not on this host, so it cannot be kept here.`, {
    kind: 'attention',
  });

/**
 * The guest does not live here: removes its domain, disk and spec. Nothing happens when there is nothing.
 * @throws BlanketError `migrate.running-here` when it runs, `migrate.unknown` when it is here but not by this operation
 */
export async function discard(context: Context, id: MigrationId): Promise<void> {
  const record = await readRecord(context, id);
  const engine = await engineOf(context, id.guest);
  const state = stateFor(record, await engine.state(id.guest));
  if (record === undefined) {
    if (state === 'absent') return shut(context, newRecord(id, 'destination'));
    throw new BlanketError('migrate.unknown', `${id.guest} is here, and not by operation ${id.operation}.`, {
      kind: 'conflict',
    });
  }
  if (record.closed && !livesHere(record)) return;
  await refuseWhileBusy(context, engine, record);
  if (state === 'running' || (state !== 'absent' && livesHere(record))) throw runningHere(id.guest, state);
  if (record.side === 'destination') {
    await refuseSwitched(engine, record);
    if (!cameUnused(record)) refuseCome(id.guest, state);
  }
  if (record.cold && record.results.ran === true && state !== 'absent') throw runningHere(id.guest, state);
  await eraseIfSame(context, record);
  await closeSide(context.live, id.operation);
  const gone = record.side === 'source' && (record.step === 'performed' || record.step === 'switched');
  await keepRecord(context, record, {
    closed: true,
    ...(gone ? { step: 'confirmed' } : { cancelled: true }),
  });
}

const runningHere = (guest: string, state: GuestState): BlanketError =>
  new BlanketError('migrate.running-here', `${guest} is ${state} on this host and is not removed.`, {
    kind: 'attention',
    next: 'Find out on which host the guest should live, and stop the other one by hand.',
  });

/**
 * What only waits for its memory is not defined, so a guest that is stopped at its destination has come there and may have
 * written to its disk. @throws BlanketError `migrate.running-here`
 */
export function refuseCome(guest: string, state: GuestState): void {
  if (state === 'running' || state === 'stopped') throw runningHere(guest, state);
}

/** A guest that came cold was defined here, and never ran here. */
const cameUnused = ({ cold, results }: MigrationRecord): boolean => cold && results.ran !== true;

/** It was decided, and done, that the guest stays (source) or has come (destination). */
const livesHere = ({ side, closed, cancelled, step }: MigrationRecord): boolean =>
  closed && (side === 'source' ? cancelled : step === 'finished');
