/** Whether a migration may begin here: one at a time for a guest. */
import { BlanketError } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import type { Engine } from '../engines/engine.ts';
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
  const state = await engine.state(record.guest);
  if (record.side === 'source') return state === 'running' && !(await engine.isCopying(record.guest));
  return state === 'absent';
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
    await keepRecord(context, record, { closed: true, cancelled: true });
  }
}

/** For what else is done to a guest. @throws BlanketError `migrate.busy` while it is being migrated. */
export async function refuseWhileMigrating(context: Context, engine: Engine, guest: string): Promise<void> {
  for (const record of await openRecords(context, guest)) {
    if (!(await isOver(context, engine, record))) throw busy(record);
  }
}
