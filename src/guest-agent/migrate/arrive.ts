/** Finish in post-copy: lets the guest run here, and resolves once all its memory is here. Nothing is removed, whatever comes. */
import { LibvirtConnectionError } from '../../libvirt/errors.ts';
import type { FinishProgress } from '../../wire/migration.ts';
import type { Context } from '../context.ts';
import type { MigrationSide } from '../engines/engine.ts';
import type { Call } from '../handlers.ts';
import { type Finished, noteFinished } from './finished.ts';
import { needSide } from './live.ts';
import { arrivalOf, notArrived } from './post-copy.ts';
import { keepRecord, type MigrationRecord } from './record.ts';

const engineFor = (context: Context, { spec }: MigrationRecord) => context.engine(spec?.engine ?? 'kvm');

/**
 * Asked again, it tells what has become of it: libvirt goes on by itself when who asked it has gone.
 * @throws BlanketError `migrate.postcopy-active`, `migrate.postcopy-failed`, `migrate.postcopy-lost`, `migrate.interrupted`
 */
export async function finishPostCopy(
  context: Context,
  record: MigrationRecord,
  cookie: Uint8Array,
  { progress }: Pick<Call, 'progress'>,
): Promise<Finished> {
  const arrival = await arrivalOf(engineFor(context, record), record.guest);
  if (arrival === 'whole') return arrived(context, record, new Uint8Array());
  if (arrival !== 'waits') throw notArrived(record.guest, arrival);
  const side = needSide(context.live, record);
  const running: FinishProgress = { running: true };
  side.onRunning(() => progress(running));
  return lastOf(context, await keepRecord(context, record, { step: 'switched' }), side, cookie);
}

/** @throws BlanketError as above; the record stays open */
export async function lastOf(
  context: Context,
  record: MigrationRecord,
  side: MigrationSide,
  last: Uint8Array,
): Promise<Finished> {
  try {
    const { cookie } = await side.finish({ cookie: last, cancelled: false });
    return await arrived(context, record, cookie);
  } catch (error) {
    if (error instanceof LibvirtConnectionError) throw error;
    const arrival = await arrivalOf(engineFor(context, record), record.guest);
    if (arrival === 'whole') return arrived(context, record, new Uint8Array());
    throw notArrived(record.guest, arrival === 'waits' ? 'broken' : arrival, error);
  }
}

async function arrived(context: Context, record: MigrationRecord, cookie: Uint8Array): Promise<Finished> {
  const result: Finished = { cookie: Buffer.from(cookie).toString('base64'), running: true };
  await noteFinished(context, record, result);
  return result;
}
