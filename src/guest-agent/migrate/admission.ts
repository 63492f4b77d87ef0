/** Whether a migration may begin here: one at a time for a guest. */
import { BlanketError } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import type { Engine } from '../engines/engine.ts';
import { eraseIfSame } from './erase.ts';
import { isRunning, sideOf } from './live.ts';
import { keepRecord, type MigrationRecord, openRecords } from './record.ts';

const busy = ({ guest, operation }: MigrationRecord): BlanketError =>
  new BlanketError('migrate.busy', `${guest} is being migrated by operation ${operation}.`, {
    kind: 'conflict',
    next: 'Wait for that operation, or cancel it.',
    data: { guest, operation },
  });

/** A record that a dead control left open, of which nothing lives any more and nothing is undecided. */
async function isOver({ live }: Context, engine: Engine, record: MigrationRecord): Promise<boolean> {
  if (isRunning(live, record.operation) || sideOf(live, record.operation) !== undefined) return false;
  if (record.step === 'none') return true;
  if ((await engine.postCopy(record.guest)) === 'active') return false;
  const state = await engine.state(record.guest);
  if (record.side === 'source') return state === 'running' && !(await engine.isCopying(record.guest));
  // one that came cold waits for control's word as well
  return state !== 'paused' && !(record.cold && state === 'stopped');
}

/**
 * What waited at a destination whose agent or libvirt was restarted is gone, and its disk is of no use. A guest that is
 * there has come: libvirt keeps its definition before it lets it go on (qemuMigrationDstFinishFresh, libvirt 11.3).
 */
async function close(context: Context, engine: Engine, record: MigrationRecord): Promise<void> {
  const here = record.side === 'destination' && (await engine.state(record.guest)) !== 'absent';
  if (here) return void (await keepRecord(context, record, { closed: true, step: 'finished' }));
  if (record.side === 'destination') await eraseIfSame(context, record);
  await keepRecord(context, record, { closed: true, cancelled: true });
}

/** @throws BlanketError `migrate.busy` */
export async function admit(
  context: Context,
  engine: Engine,
  guest: string,
  operation: string,
): Promise<void> {
  for (const record of await openRecords(context, guest)) {
    if (record.operation === operation) continue;
    if (!(await isOver(context, engine, record))) throw busy(record);
    await close(context, engine, record);
  }
}

/** For what else is done to a guest. @throws BlanketError `migrate.busy` while it is being migrated. */
export async function refuseWhileMigrating(context: Context, engine: Engine, guest: string): Promise<void> {
  for (const record of await openRecords(context, guest)) {
    if (!(await isOver(context, engine, record))) throw busy(record);
  }
}
