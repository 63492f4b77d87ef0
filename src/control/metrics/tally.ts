/** What has come of operations that are over for good: each is counted once. */
import type { Metric } from '../../wire/metrics.ts';
import { migrationResultSchema, type Operation } from '../../wire/resources.ts';
import { counter, histogram } from './series.ts';

const phaseBounds = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const downtimeBounds = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60];

export type Tally = { add(operation: Operation): void; metrics(): Metric[] };

export function tally(): Tally {
  const ended = counter('blanket_operations_ended_total', 'Operations that have ended, by outcome.');
  const phases = histogram(
    'blanket_phase_duration_seconds',
    'How long each phase took that was done.',
    phaseBounds,
  );
  const failures = counter('blanket_phase_failures_total', 'Phases that failed.');
  const total = histogram(
    'blanket_migration_duration_seconds',
    'Migrations, from start to end.',
    phaseBounds,
  );
  const downtime = histogram(
    'blanket_migration_downtime_seconds',
    'How long guests stood still at the cutover.',
    downtimeBounds,
  );
  const bytes = counter('blanket_migration_bytes_total', 'What migrations have sent.');
  const all = [ended, phases, failures, total, downtime, bytes];

  function addMigration({ state, result }: Operation): void {
    const numbers = migrationResultSchema.safeParse(result).data;
    if (numbers === undefined) return;
    bytes.add({ of: 'memory' }, numbers.memoryBytes);
    bytes.add({ of: 'disk' }, numbers.diskBytes);
    total.observe({ outcome: state }, numbers.totalMs / 1000);
    if (state === 'done' && numbers.downtimeMs !== null) downtime.observe({}, numbers.downtimeMs / 1000);
  }

  return {
    add(operation) {
      const { kind, state } = operation;
      ended.add({ kind, state });
      for (const { name, state: how, durationMs } of operation.phases) {
        if (how === 'done' && durationMs !== null) phases.observe({ kind, phase: name }, durationMs / 1000);
        if (how === 'failed') failures.add({ kind, phase: name });
      }
      if (kind === 'guest.migrate') addMigration(operation);
    },
    metrics: () => all.map((one) => one.metric()),
  };
}
