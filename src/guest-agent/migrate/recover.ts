/**
 * A post-copy whose way broke is taken up again, phase by phase as it was begun, on a connection of its own on either side
 * (VIR_MIGRATE_POSTCOPY_RESUME; libvirt refuses it where the domain is not `postcopy-failed`).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentParsed, AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import type { MigrationSide } from '../engines/engine.ts';
import { engineOf } from '../guests.ts';
import { logError } from '../log.ts';
import { lastOf } from './arrive.ts';
import { closeSide, needSide } from './live.ts';
import type { MigrationId } from './record.ts';
import { fromBase64, inTurn, needRecord, toBase64 } from './source.ts';

const pollMs = 200;
const noticeMs = 15_000;

/**
 * The destination has lost its way, and a source that only waits may not have noticed: its hypervisor is told. One that cannot end what
 * it has (QEMU 7.2, once all was sent) is refused below.
 */
async function noticeBreak(context: Context, { guest }: MigrationId): Promise<void> {
  const engine = await engineOf(context, guest);
  if ((await engine.postCopy(guest)) !== 'active') return;
  await engine
    .breakPostCopy(guest)
    .catch((error: unknown) => logError('migrate.break-failed', error, { guest }));
  for (const until = Date.now() + noticeMs; Date.now() < until; await sleep(pollMs)) {
    if ((await engine.postCopy(guest)) !== 'active') return;
  }
}

/** A new side in place of what is left of the old one. @throws BlanketError `migrate.not-broken` */
async function openAgain(context: Context, { operation, guest }: MigrationId): Promise<MigrationSide> {
  const engine = await engineOf(context, guest);
  const now = await engine.postCopy(guest);
  if (now !== 'failed') {
    const message = `${guest} has not lost its way in post-copy here (its state is "${now}").`;
    throw new BlanketError('migrate.not-broken', message, { kind: 'conflict', data: { guest, now } });
  }
  await closeSide(context.live, operation);
  const side = await engine.openMigration(guest, true);
  context.live.sides.set(operation, side);
  return side;
}

async function orClose<T>(context: Context, { operation }: MigrationId, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await closeSide(context.live, operation);
    throw error;
  }
}

export const recoverBegin = (
  context: Context,
  { way, ...id }: AgentParsed<'migrate.recover-begin'>,
): Promise<AgentResult<'migrate.recover-begin'>> =>
  inTurn(context, id, async () => {
    await needRecord(context, id);
    await noticeBreak(context, id);
    const side = await openAgain(context, id);
    const { xml, cookie } = await orClose(context, id, side.begin(way));
    return { xml, cookie: toBase64(cookie) };
  });

export const recoverPrepare = (
  context: Context,
  { way, xml, cookie, listenAddress, ...id }: AgentParsed<'migrate.recover-prepare'>,
): Promise<AgentResult<'migrate.recover-prepare'>> =>
  inTurn(context, id, async () => {
    await needRecord(context, id);
    const side = await openAgain(context, id);
    const wish = { xml, listenAddress, way, cookie: fromBase64(cookie) };
    const prepared = await orClose(context, id, side.prepare(wish));
    return { uri: prepared.uri, cookie: toBase64(prepared.cookie) };
  });

/** Resolves as soon as the pages are on their way again. */
export const recoverPerform = (
  context: Context,
  { xml, uri, bandwidth, ...rest }: AgentParsed<'migrate.recover-perform'>,
): Promise<AgentResult<'migrate.recover-perform'>> =>
  inTurn(context, rest, async () => {
    const side = needSide(context.live, rest);
    const wish = { xml, uri, bandwidth, cookie: fromBase64(rest.cookie) };
    return { cookie: toBase64((await orClose(context, rest, side.perform(wish))).cookie) };
  });

/** Resolves once all memory is here. @throws BlanketError as `migrate.finish` in post-copy does */
export const recoverFinish = (
  context: Context,
  { cookie, ...id }: AgentParsed<'migrate.recover-finish'>,
): Promise<AgentResult<'migrate.recover-finish'>> =>
  inTurn(context, id, async () => {
    const record = await needRecord(context, id);
    const side = needSide(context.live, id);
    return lastOf(context, record, side, fromBase64(cookie));
  });
