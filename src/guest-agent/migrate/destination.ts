/** The destination's calls: prepare and finish. */
import { errorCodes } from '../../libvirt/error-codes.ts';
import { isLibvirtError, LibvirtConnectionError } from '../../libvirt/errors.ts';
import type { AgentParsed, AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { FinishProgress } from '../../wire/migration.ts';
import type { Context } from '../context.ts';
import { makeDisks, removeDisks } from '../disks.ts';
import type { Engine, MigrationSide } from '../engines/engine.ts';
import { eraseGuest, keepSpec } from '../guests.ts';
import type { Call } from '../handlers.ts';
import { logError } from '../log.ts';
import { requireNetwork } from '../network.ts';
import { admit } from './admission.ts';
import { finishPostCopy } from './arrive.ts';
import { type Finished, noteFinished, notKept } from './finished.ts';
import { closeSide, needSide, sideOf } from './live.ts';
import { refuseCome } from './outcome.ts';
import { refuseSwitched } from './post-copy.ts';
import { keepRecord, type MigrationRecord, newRecord, readRecord, refuseOver } from './record.ts';
import { fromBase64, inTurn, needRecord, toBase64 } from './source.ts';

type Prepare = AgentParsed<'migrate.prepare'>;
type Prepared = AgentResult<'migrate.prepare'>;
type Finish = AgentParsed<'migrate.finish'>;

/** @throws BlanketError `guest.exists` when this host has a guest of that name. */
async function requireAbsent(engine: Engine, guest: string): Promise<void> {
  const state = await engine.state(guest);
  if (state === 'absent') return;
  throw new BlanketError('guest.exists', `This host already has a guest ${guest}; it is ${state}.`, {
    kind: 'conflict',
  });
}

/**
 * Makes the overlay and a domain that waits for the memory. On failure nothing stays behind.
 * @throws BlanketError `guest.exists`, `network.missing`, `migrate.busy`, `migrate.interrupted`, and those of `makeDisks`
 */
export const prepare = (context: Context, params: Prepare): Promise<Prepared> =>
  inTurn(context, params, async () => {
    const before = await readRecord(context, params);
    if (before?.results.prepare !== undefined) {
      needSide(context.live, params);
      return before.results.prepare as Prepared;
    }
    refuseOver(before);
    const engine = context.engine(params.spec.engine);
    await admit(context, engine, params.guest, params.operation);
    await requireAbsent(engine, params.guest);
    for (const { network } of params.spec.nics) await requireNetwork(context.paths, network);
    const record = await keepRecord(context, { ...newRecord(params, 'destination'), spec: params.spec });
    try {
      return await prepareOn(context, record, engine, params);
    } catch (error) {
      await closeSide(context.live, params.operation);
      await eraseGuest(context, params.guest);
      await keepRecord(context, record, { closed: true, cancelled: true }).catch(notKept(record)); // over all the same
      throw error;
    }
  });

async function prepareOn(context: Context, record: MigrationRecord, engine: Engine, params: Prepare) {
  await removeDisks(context.paths, params.guest); // of a try that a crash ended: the copy needs empty disks
  await keepSpec(context, params.spec);
  await makeDisks(context.paths, params.spec);
  const side = await engine.openMigration(params.guest);
  context.live.sides.set(params.operation, side);
  const { xml, listenAddress, way } = params;
  const { uri, cookie } = await side.prepare({ xml, listenAddress, way, cookie: fromBase64(params.cookie) });
  const result = { uri, disksUri: '', cookie: toBase64(cookie) };
  await keepRecord(context, record, { step: 'prepared', results: { prepare: result } });
  return result;
}

/**
 * Starts the guest here, or removes the half-made one. Asked again after, it is answered. Its progress is
 * `FinishProgress`, at the moment when the hypervisor says that the guest goes on here.
 * @throws BlanketError `migrate.interrupted` when libvirt has removed the waiting domain meanwhile.
 */
export const finish = (context: Context, params: Finish, call: Call): Promise<Finished> =>
  inTurn(context, params, async () => {
    const record = await needRecord(context, params);
    const known =
      (record.results.finish as Finished | undefined) ?? context.live.finished.get(params.operation);
    if (known !== undefined) return known;
    if (params.cancelled) return dropHalfMade(context, record, params);
    if (params.postcopy) return finishPostCopy(context, record, fromBase64(params.cookie), call);
    const side = needSide(context.live, params);
    const running: FinishProgress = { running: true };
    side.onRunning(() => call.progress(running));
    return finishOn(context, record, side, params);
  });

async function dropHalfMade(context: Context, record: MigrationRecord, params: Finish): Promise<Finished> {
  if (record.closed) return { cookie: '', running: false };
  const engine = context.engine(record.spec?.engine ?? 'kvm');
  await refuseSwitched(engine, record);
  refuseCome(params.guest, await engine.state(params.guest));
  const side = sideOf(context.live, params.operation);
  await side?.finish({ cookie: fromBase64(params.cookie), cancelled: true }).catch((error: unknown) => {
    logError('migrate.finish-cancelled', error); // it is removed by hand below
  });
  await closeSide(context.live, params.operation);
  await eraseGuest(context, params.guest);
  await keepRecord(context, record, { closed: true, cancelled: true });
  return { cookie: '', running: false };
}

async function finishOn(context: Context, record: MigrationRecord, side: MigrationSide, params: Finish) {
  const engine = context.engine(record.spec?.engine ?? 'kvm');
  let cookie: Uint8Array;
  try {
    ({ cookie } = await side.finish({ cookie: fromBase64(params.cookie), cancelled: false }));
  } catch (error) {
    return notFinished(context, record, engine, error);
  }
  const stats = await side.finalStats();
  // From here on it lives here, also when it has shut itself down meanwhile.
  const result = { cookie: toBase64(cookie), running: true, ...(stats !== undefined && { stats }) };
  await noteFinished(context, record, result);
  return result;
}

/** libvirt itself said no: either the guest runs here and could only not be kept, or it has never gone on here. */
async function notFinished(
  context: Context,
  record: MigrationRecord,
  engine: Engine,
  error: unknown,
): Promise<Finished> {
  if (error instanceof LibvirtConnectionError) throw error;
  const running = (await engine.state(record.guest)) === 'running';
  const reason = error instanceof Error ? error.message : String(error);
  logError('migrate.finish-failed', error, { guest: record.guest, running });
  if (running && isLibvirtError(error, errorCodes.migratePersistFailed)) await engine.persist(record.guest);
  if (!running) await eraseGuest(context, record.guest);
  const result: Finished = { cookie: '', running, reason };
  await noteFinished(context, record, result);
  return result;
}
