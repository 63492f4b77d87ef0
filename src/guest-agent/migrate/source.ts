/** The source's calls: begin, perform, confirm, cancel. Order and meaning are those of libvirt's protocol version 3. */
import { errorCodes } from '../../libvirt/error-codes.ts';
import { isLibvirtError, LibvirtConnectionError } from '../../libvirt/errors.ts';
import type { AgentParsed, AgentResult } from '../../wire/agent.ts';
import type { CopyWay } from '../../wire/copy-way.ts';
import { BlanketError, fromProblem, problemSchema, toProblem } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import type { MigrationSide } from '../engines/engine.ts';
import { engineOf, needGuest } from '../guests.ts';
import type { Call } from '../handlers.ts';
import { fence, refuseOlder } from '../lease.ts';
import { logError } from '../log.ts';
import { serially } from '../serially.ts';
import { admit } from './admission.ts';
import { copyGuest, noStats } from './copy.ts';
import { closeSide, joinOrStart, needSide, sideOf } from './live.ts';
import { discard, keep } from './outcome.ts';
import { hasSwitched, sentInAll } from './post-copy.ts';
import {
  keepRecord,
  type MigrationId,
  type MigrationRecord,
  newRecord,
  readRecord,
  refuseOver,
} from './record.ts';

export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text: string): Uint8Array => Buffer.from(text, 'base64');

/** @throws BlanketError `migrate.unknown` */
export async function needRecord(context: Context, id: MigrationId): Promise<MigrationRecord> {
  const record = await readRecord(context, id);
  if (record !== undefined) return record;
  throw new BlanketError('migrate.unknown', `This host knows nothing of operation ${id.operation}.`, {
    kind: 'not-found',
  });
}

/**
 * Libvirt calls in one migration's name are never interleaved, except cancel; an older lease than the one heard is refused.
 * @throws BlanketError `guest.fenced`
 */
export const inTurn = <T>(context: Context, id: MigrationId, work: () => Promise<T>): Promise<T> =>
  serially(`guest ${id.guest}`, async () => {
    await fence(context, id);
    return await work();
  });

/** @throws BlanketError `guest.not-found`, `guest.not-running`, `migrate.busy`, `migrate.interrupted` */
export const begin = (
  context: Context,
  id: AgentParsed<'migrate.begin'>,
): Promise<AgentResult<'migrate.begin'>> =>
  inTurn(context, id, async () => {
    const { engine, spec } = await needGuest(context, id.guest);
    const before = await readRecord(context, id);
    if (before?.results.begin !== undefined) {
      needSide(context.live, id); // what was begun is gone with the connection that began it
      return before.results.begin as AgentResult<'migrate.begin'>;
    }
    refuseOver(before);
    await admit(context, engine, id.guest, id.operation);
    const state = await engine.state(id.guest);
    if (state !== 'running') {
      throw new BlanketError('guest.not-running', `${id.guest} is ${state}, so it cannot be migrated live.`, {
        kind: 'conflict',
      });
    }
    const record = await keepRecord(context, { ...newRecord(id, 'source'), spec });
    return beginOn(context, record, await engine.openMigration(id.guest), id.way);
  });

async function beginOn(context: Context, record: MigrationRecord, side: MigrationSide, way: CopyWay) {
  context.live.sides.set(record.operation, side);
  try {
    const { xml, cookie } = await side.begin(way);
    const result = { xml, cookie: toBase64(cookie) };
    await keepRecord(context, record, { step: 'begun', results: { begin: result } });
    return result;
  } catch (error) {
    await closeSide(context.live, record.operation);
    await keepRecord(context, record, { closed: true, cancelled: true });
    throw error;
  }
}

const cancelledError = (guest: string, cause?: unknown): BlanketError =>
  new BlanketError('migrate.cancelled', `The migration of ${guest} was cancelled; it runs on here.`, {
    kind: 'cancelled',
    cause,
  });

function performError(guest: string, cancelled: boolean, error: unknown): BlanketError {
  if (cancelled || isLibvirtError(error, errorCodes.operationAborted)) return cancelledError(guest, error);
  if (error instanceof BlanketError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new BlanketError('migrate.perform-failed', `Sending ${guest} failed: ${message}.`, { cause: error });
}

type Perform = AgentParsed<'migrate.perform'>;

/**
 * Sends the guest. Asked again while it runs, it is joined; asked again after, it is answered.
 * @throws BlanketError `migrate.cancelled`, `migrate.objective-missed`, `migrate.perform-failed`, `migrate.interrupted`; the
 *   guest runs on here.
 */
export const perform = (
  context: Context,
  params: Perform,
  call: Call,
): Promise<AgentResult<'migrate.perform'>> =>
  joinOrStart(context.live, params.operation, 'perform', call, async (progress) => {
    await refuseOlder(context, params);
    const record = await needRecord(context, params);
    if (record.results.perform !== undefined) return record.results.perform as AgentResult<'migrate.perform'>;
    const failed = problemSchema.safeParse(record.results.performFailed).data;
    if (failed !== undefined) throw fromProblem(failed);
    if (sideOf(context.live, params.operation) === undefined && (await hasGone(context, record)))
      return await unseen(context, record);
    const side = needSide(context.live, params);
    if (record.cancelled || context.live.cancelled.has(params.operation)) throw cancelledError(params.guest);
    const onCancel = () => void requestCancel(context, params);
    call.signal.addEventListener('abort', onCancel, { once: true });
    try {
      return await performOn(context, record, side, params, progress);
    } finally {
      call.signal.removeEventListener('abort', onCancel);
    }
  });

type Performed = AgentResult<'migrate.perform'>;

const hasGone = async (context: Context, record: MigrationRecord): Promise<boolean> =>
  record.step === 'switched' && hasSwitched(await engineOf(context, record.guest), record);

/** The guest went over in post-copy, and libvirt's own answer to that is not known: finish can do without. */
async function unseen(context: Context, record: MigrationRecord): Promise<Performed> {
  const result = { cookie: '', stats: { ...noStats, postcopy: true }, postcopy: true };
  await noteSent(context, record, result);
  return result;
}

async function performOn(
  context: Context,
  record: MigrationRecord,
  side: MigrationSide,
  params: Perform,
  progress: Call['progress'],
) {
  const isCancelled = () => context.live.cancelled.has(record.operation);
  let kept = record;
  const onSwitch = async () => {
    kept = await keepRecord(context, kept, { step: 'switched' });
  };
  try {
    const { suspended } = params.way;
    const cookie = fromBase64(params.cookie);
    const input = { ...params, suspended, cookie, progress, isCancelled, onSwitch };
    const sent = await copyGuest(side, input);
    // It may have been on its way to the ordinary end just when post-copy was asked for.
    const postcopy = await hasGone(context, kept);
    const result = { cookie: toBase64(sent.cookie), stats: sent.stats, postcopy };
    const noted = noteSent(context, kept, result);
    if (postcopy) await noted;
    else noted.catch((error: unknown) => logError('migrate.record-failed', error));
    return result;
  } catch (error) {
    // When the connection itself is lost nothing is known: the record stays open for keep or discard.
    if (error instanceof LibvirtConnectionError) throw error;
    if (await hasGone(context, kept)) {
      logError('migrate.postcopy-unseen', error, { guest: params.guest });
      return await unseen(context, kept); // what has become of it is seen at the destination
    }
    const failure = performError(params.guest, isCancelled(), error);
    const results = { ...kept.results, performFailed: toProblem(failure) };
    await keepRecord(context, kept, { step: 'begun', closed: true, cancelled: true, results });
    await closeSide(context.live, record.operation);
    throw failure;
  }
}

/** Only waited for in post-copy, which has no way back: from here until finish the guest runs nowhere. */
function noteSent(context: Context, record: MigrationRecord, perform: Performed): Promise<MigrationRecord> {
  const step = perform.postcopy ? ('switched' as const) : ('performed' as const);
  return keepRecord(context, record, { step, results: { ...record.results, perform } });
}

/** The guest goes on here (`cancelled`), or its copy here ends: domain, disk and spec. */
export const confirm = (
  context: Context,
  params: AgentParsed<'migrate.confirm'>,
): Promise<AgentResult<'migrate.confirm'>> =>
  inTurn(context, params, async () => {
    const record = await needRecord(context, params);
    const engine = await engineOf(context, params.guest);
    if (record.closed) return { state: await engine.state(params.guest) };
    if (params.cancelled) return keep(context, { ...params, decided: true });
    const side = sideOf(context.live, params.operation);
    if (side === undefined) {
      await discard(context, params); // libvirt has forgotten the migration; a guest that runs is refused there
      return { state: 'absent' };
    }
    const postcopy = await hasGone(context, record);
    if (record.step !== 'performed' && !postcopy) throw notPerformed(params.guest, record.step);
    const stats = await (postcopy ? sentInAll(side) : side.finalStats());
    await confirmOn(side, params.cookie);
    await closeSide(context.live, params.operation);
    await discard(context, params);
    return { state: 'absent', ...(stats !== undefined && { stats }) };
  });

/** A libvirt that has forgotten the migration leaves the guest paused, to be removed by us. */
async function confirmOn(side: MigrationSide, cookie: string): Promise<void> {
  try {
    await side.confirm({ cookie: fromBase64(cookie), cancelled: false });
  } catch (error) {
    if (!isLibvirtError(error)) throw error;
    logError('migrate.confirm-failed', error);
  }
}

const notPerformed = (guest: string, step: string): BlanketError =>
  new BlanketError('migrate.not-performed', `${guest} has not been sent (this side is at "${step}").`, {
    kind: 'conflict',
  });

/**
 * Stops the copy, now or as soon as it begins. Nothing happens when there is none, none any more, or post-copy: what is true
 * then is told by status.
 */
export async function requestCancel(context: Context, id: MigrationId): Promise<void> {
  for (const work of context.live.coldWork.get(id.operation) ?? []) work.abort();
  const record = await readRecord(context, id);
  if (
    record === undefined ||
    record.closed ||
    record.cold ||
    (record.step !== 'begun' && record.step !== 'switched')
  )
    return;
  if (await hasGone(context, record)) return;
  context.live.cancelled.add(id.operation);
  const side = sideOf(context.live, id.operation);
  if (side !== undefined) return side.abort();
  await (await engineOf(context, id.guest)).abortCopy(id.guest); // begun by an agent before this one
}
