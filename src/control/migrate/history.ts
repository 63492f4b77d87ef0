/** Finished migrations are kept beside what was foretold of them: to foretell the next, and to show how good that is. */
import type { MigrationHistory, PastMigration } from '../../wire/migration-history.ts';
import type { Range } from '../../wire/prediction.ts';
import type { MigrationResult, Operation } from '../../wire/resources.ts';
import type { Services } from '../services.ts';
import type { Store } from '../store/store.ts';
import type { MigrateState } from './state.ts';

/** Older ones are forgotten. */
const MOST_KEPT = 1_000;

type Kept = Pick<Store, 'migrations' | 'transaction'>;

/** To be called once, when it is done. */
function keepHistory(store: Kept, state: MigrateState, operation: Operation, result: MigrationResult): void {
  const { guest, source, destination, totalMs, downtimeMs, memoryBytes, pageBytes, diskBytes, rounds } =
    result;
  const ahead = result.postcopy === true && { postcopy: true };
  const copyMs = operation.phases.find(({ name }) => name === 'copy')?.durationMs ?? null;
  store.transaction(() => {
    // a control that ended before it had said that the migration is done says it again
    store.migrations.remove(operation.id);
    store.migrations.insert({
      ...{ name: operation.id, operation: operation.id, guest, source, destination },
      endedAt: operation.endedAt ?? new Date().toISOString(),
      objective: state.objective,
      choice: state.planned?.choice,
      readings: state.planned?.readings ?? null,
      predicted: state.planned?.prediction ?? null,
      measured: { totalMs, downtimeMs, copyMs, memoryBytes, pageBytes, diskBytes, rounds, ...ahead },
    });
    const names = store.migrations.names();
    for (const name of names.slice(0, Math.max(0, names.length - MOST_KEPT))) store.migrations.remove(name);
  });
}

/** The migration is done either way, and its own result tells of it. */
export function tryKeepHistory(
  { store, log }: Pick<Services, 'store' | 'log'>,
  state: MigrateState,
  operation: Operation,
  result: MigrationResult,
): void {
  try {
    keepHistory(store, state, operation, result);
  } catch (err) {
    log.error({ operation: operation.id, err }, 'migration not kept in the history');
  }
}

/** Between the two hosts, in either direction, newest first; without those that had no memory to send, or sent it in post-copy. */
export const earlierBetween = (
  { migrations }: Pick<Store, 'migrations'>,
  one: string,
  other: string,
): PastMigration[] =>
  [
    ...migrations.where({ source: one, destination: other }),
    ...migrations.where({ source: other, destination: one }),
  ]
    .filter(({ objective, measured }) => objective.mode !== 'cold' && measured.postcopy !== true)
    .sort((a, b) => (a.endedAt < b.endedAt ? 1 : -1));

const liesIn = (range: Range, value: number): boolean => range.low <= value && value <= range.high;

function tally(pairs: readonly (readonly [Range | null | undefined, number | null])[]) {
  const told = pairs.flatMap(([range, value]) => (range && value !== null ? [liesIn(range, value)] : []));
  return { predicted: told.length, within: told.filter((lies) => lies).length };
}

/** @param guest all when absent */
export function historyOf({ migrations }: Pick<Store, 'migrations'>, guest?: string): MigrationHistory {
  const records = guest === undefined ? migrations.list() : migrations.where({ guest });
  const all = records.map(({ name: _name, ...past }) => past).reverse();
  return {
    migrations: all,
    total: tally(all.map(({ predicted, measured }) => [predicted?.totalMs, measured.totalMs])),
    downtime: tally(all.map(({ predicted, measured }) => [predicted?.downtimeMs, measured.downtimeMs])),
  };
}
