/**
 * A stopped guest goes to another host. Its records are those of any migration, so `migrate.keep` and `migrate.discard` end
 * either side, with one difference: what was stopped is not started by them.
 *
 *   source:       begun: the guest cannot be started here ──▶ performed: its digests are told ──▶ discarded
 *   destination:  none: drafts are filled ──▶ prepared: they are whole ──▶ finished: they are the guest's disks ──▶ kept
 *
 * The one copy that may run is the source's until `adopt`, and the destination's from then on; neither host decides that by
 * itself, so a host that is cut off in the middle starts nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import { LibvirtConnectionError } from '../../libvirt/errors.ts';
import type { AgentParsed, AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { ColdDigests } from '../../wire/methods/cold.ts';
import { ownTunnelAddress } from '../conform/sink.ts';
import type { Context } from '../context.ts';
import { removeDisks } from '../disks.ts';
import type { Engine } from '../engines/engine.ts';
import { engineOf, keepSpec, needGuest } from '../guests.ts';
import type { Call } from '../handlers.ts';
import { hasImage } from '../images.ts';
import { refuseOlder } from '../lease.ts';
import { admit } from '../migrate/admission.ts';
import { joinOrStart } from '../migrate/live.ts';
import {
  keepRecord,
  type MigrationId,
  type MigrationRecord,
  newRecord,
  readRecord,
  refuseOver,
} from '../migrate/record.ts';
import { inTurn, needRecord } from '../migrate/source.ts';
import { requireNetwork } from '../network.ts';
import { digestAll, diskFile, draftFile, draftsOf, filesOf, takeIn } from './disk-files.ts';
import { receive } from './receive.ts';
import { openOffer } from './send.ts';

const conflict = (code: string, message: string, next?: string): BlanketError =>
  new BlanketError(code, message, { kind: 'conflict', next });

/** @throws BlanketError `guest.not-found`, `guest.running`, `guest.lost`, `guest.fenced`, `migrate.busy`, `migrate.over`, `tunnel.none` */
export const offer = (
  context: Context,
  params: AgentParsed<'cold.offer'>,
): Promise<AgentResult<'cold.offer'>> =>
  inTurn(context, params, async () => {
    const { paths, live } = context;
    const { guest, operation, bandwidth } = params;
    await holdStopped(context, params);
    const files = await filesOf(paths, guest);
    if (files.length === 0) {
      throw new BlanketError('guest.lost', `${guest} has no disk on this host.`, { kind: 'attention' });
    }
    const address = await ownTunnelAddress(paths);
    const pathOf = (name: string) => diskFile(paths, guest, name);
    const { port, token, close } = await openOffer({ address, files, pathOf, bandwidth });
    const others = live.offers.get(operation) ?? [];
    live.offers.set(operation, [...others, close]);
    return { address, port, token, files };
  });

/** A guest with an open record is started by nobody. */
async function holdStopped(context: Context, id: MigrationId): Promise<void> {
  const { spec, engine } = await needGuest(context, id.guest);
  const before = await readRecord(context, id);
  refuseOver(before);
  if (before === undefined) await admit(context, engine, id.guest, id.operation);
  const state = await engine.state(id.guest);
  if (state !== 'stopped') {
    throw conflict('guest.running', `${id.guest} is ${state}, so it cannot go cold.`, 'Shut it down first.');
  }
  if (before === undefined)
    await keepRecord(context, { ...newRecord(id, 'source'), cold: true, step: 'begun', spec });
}

type Fetch = AgentParsed<'cold.fetch'>;

/**
 * Asked again while it runs, it is joined; `migrate.cancel` ends it.
 * @throws BlanketError `cold.stream` when the stream broke: with a new offer it goes on where it was;
 *   `host.disk-full`, `cold.not-stored`, `guest.exists`, `guest.fenced`, `image.missing`, `network.missing`, `migrate.busy`, `migrate.cancelled`, `migrate.over`
 */
export const fetch = (context: Context, params: Fetch, call: Call): Promise<AgentResult<'cold.fetch'>> =>
  joinOrStart(context.live, params.operation, 'fetch', call, async (progress) => {
    const { paths } = context;
    const { guest, offer } = params;
    const record = await inTurn(context, params, () => makeReady(context, params));
    if (record.results.fetch !== undefined) return record.results.fetch as AgentResult<'cold.fetch'>;
    return cancellable(context, params, call, async (signal) => {
      const draftOf = (name: string) => draftFile(paths, guest, name);
      const options = { offer, folder: paths.diskFolder(guest), draftOf, signal };
      const sent = await receive({ ...options, progress: seldom(progress) });
      await keepRecord(context, record, { step: 'prepared', results: { fetch: { sent } } });
      return { sent };
    });
  });

/** @throws BlanketError `migrate.cancelled`, by `migrate.cancel` or when the caller gives up */
async function cancellable<T>(
  { live }: Context,
  { operation, guest }: MigrationId,
  call: Call,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const onCancel = () => abort.abort();
  const works = live.coldWork.get(operation) ?? new Set();
  live.coldWork.set(operation, works.add(abort));
  call.signal.addEventListener('abort', onCancel, { once: true });
  try {
    return await work(abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    const message = `Getting the disks of ${guest} across was cancelled.`;
    throw new BlanketError('migrate.cancelled', message, { kind: 'cancelled' });
  } finally {
    call.signal.removeEventListener('abort', onCancel);
    works.delete(abort);
    if (works.size === 0) live.coldWork.delete(operation);
  }
}

const progressMs = 500;

function seldom(progress: Call['progress']): (value: unknown) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    if (performance.now() - last < progressMs) return;
    last = performance.now();
    progress(value);
  };
}

/** What an earlier migration left here is no beginning of this one. */
async function makeReady(context: Context, params: Fetch): Promise<MigrationRecord> {
  const { paths } = context;
  const { spec, guest, operation } = params;
  const before = await readRecord(context, params);
  refuseOver(before);
  if (before !== undefined) return atDestination(before);
  const engine = context.engine(spec.engine);
  await admit(context, engine, guest, operation);
  const state = await engine.state(guest);
  if (state !== 'absent')
    throw conflict('guest.exists', `This host already has a guest ${guest}; it is ${state}.`);
  await requireImage(paths, spec.image);
  for (const { network } of spec.nics) await requireNetwork(paths, network);
  await removeDisks(paths, guest);
  return keepRecord(context, { ...newRecord(params, 'destination'), cold: true, spec });
}

/** @throws BlanketError `guest.fenced`, `migrate.cancelled`, `migrate.unknown` */
export const digest = (context: Context, id: MigrationId, call: Call): Promise<AgentResult<'cold.digest'>> =>
  joinOrStart(context.live, id.operation, 'digest', call, async () => {
    const { paths } = context;
    await refuseOlder(context, id);
    const record = await needRecord(context, id);
    if (record.results.digest !== undefined) return { files: record.results.digest as ColdDigests };
    const here = record.side === 'source';
    const names = here
      ? (await filesOf(paths, id.guest)).map(({ name }) => name)
      : await draftsOf(paths, id.guest);
    const pathOf = (name: string) => (here ? diskFile : draftFile)(paths, id.guest, name);
    return cancellable(context, id, call, async (signal) => {
      const files = await digestAll(names, pathOf, signal);
      const results = { ...record.results, digest: files };
      await keepRecord(context, record, { ...(here && { step: 'performed' }), results });
      return { files };
    });
  });

/**
 * The point of no return. Nothing is taken in that is not, byte for byte, what the source has.
 * @throws BlanketError `cold.differs`, `image.missing`, `guest.fenced`, `migrate.unknown`, `migrate.over`, and those of the engine; the guest does not run then
 */
export const adopt = (
  context: Context,
  { spec, files, start, ...id }: AgentParsed<'cold.adopt'>,
): Promise<AgentResult<'cold.adopt'>> =>
  inTurn(context, id, async () => {
    const record = await needRecord(context, id);
    if (record.step !== 'finished') refuseOver(record);
    atDestination(record);
    const engine = await engineOf(context, id.guest);
    if (record.step !== 'finished') {
      if (!isDeepStrictEqual(record.results.digest, files)) throw differs(id.guest);
      await requireImage(context.paths, spec.image);
      const names = await takeIn(context.paths, id.guest, context.paths.image(spec.image));
      // what has vanished since it was compared is not made up for by its digest
      if (!isDeepStrictEqual(names, namesOf(files))) throw differs(id.guest);
      await keepSpec(context, spec);
      await engine.define(spec);
      await keepRecord(context, record, { step: 'finished', spec });
    }
    if (start && !record.closed && (await engine.state(id.guest)) === 'stopped')
      await run(context, engine, id);
    return { running: (await engine.state(id.guest)) === 'running' };
  });

/** That it may have run here is known before it does, for its disks are then no longer the source's. */
async function run(context: Context, engine: Engine, id: MigrationId): Promise<void> {
  const record = await needRecord(context, id);
  const noted = await keepRecord(context, record, { results: { ...record.results, ran: true } });
  try {
    await engine.start(id.guest);
  } catch (error) {
    // a libvirt that was lost may start it yet
    const known = !(error instanceof LibvirtConnectionError) && (await engine.state(id.guest)) === 'stopped';
    if (known) await keepRecord(context, noted, { results: record.results });
    throw error;
  }
}

const namesOf = (files: readonly { name: string }[]): string[] => files.map(({ name }) => name).sort();

async function requireImage(paths: Context['paths'], image: string): Promise<void> {
  if (await hasImage(paths, image)) return;
  throw new BlanketError('image.missing', `This host does not have image ${image}.`, {
    kind: 'not-found',
    next: 'Send the image to this host first.',
  });
}

/** The guest's own host must never take it in, nor fill drafts beside its disks. @throws BlanketError `migrate.unknown` */
function atDestination(record: MigrationRecord): MigrationRecord {
  if (record.side === 'destination' && record.cold) return record;
  const message = `${record.guest} does not come to this host by operation ${record.operation}.`;
  throw new BlanketError('migrate.unknown', message, { kind: 'conflict' });
}

const differs = (guest: string): BlanketError =>
  new BlanketError('cold.differs', `The disks of ${guest} that came are not those that were sent.`, {
    next: 'Try again; should it happen twice, test the memory and the disks of both hosts.',
  });
