/** That a guest has come, or has not, is kept on the disk and in memory. */
import type { AgentResult } from '../../wire/agent.ts';
import type { Context } from '../context.ts';
import { logError } from '../log.ts';
import { closeSide } from './live.ts';
import { keepRecord, type MigrationRecord } from './record.ts';

export type Finished = AgentResult<'migrate.finish'>;

/** What is true is told from libvirt then, and the record is written by whoever comes next. */
export const notKept =
  ({ operation, guest }: MigrationRecord) =>
  (error: unknown): void =>
    logError('migrate.record-failed', error, { operation, guest });

/** The guest may run already, so a full disk is no reason to fail: the answer is kept in memory too. */
export async function noteFinished(
  context: Context,
  record: MigrationRecord,
  result: Finished,
): Promise<void> {
  const { running } = result;
  context.live.finished.set(record.operation, result);
  const results = { ...record.results, finish: result };
  const changes = { step: running ? ('finished' as const) : record.step, closed: true, cancelled: !running };
  await keepRecord(context, record, { ...changes, results }).catch(notKept(record));
  await closeSide(context.live, record.operation);
}
