import test, { type ExecutionContext } from 'ava';
import { migrateHandlers } from '../../../src/control/api/migrate-handlers.ts';
import { earlierBetween, tryKeepHistory } from '../../../src/control/migrate/history.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import { defaultObjective } from '../../../src/wire/objective.ts';
import type { Prediction } from '../../../src/wire/prediction.ts';
import type { MigrationResult, Operation } from '../../../src/wire/resources.ts';
import { planRig, usual } from './plan-rig.ts';

const prediction: Prediction = {
  ...{ confidence: 0.8, converges: true, why: null, earlier: 0 },
  totalMs: { low: 8_000, likely: 9_000, high: 10_000 },
  downtimeMs: { low: 100, likely: 200, high: 300 },
  ...{ rounds: null, memoryBytes: null, diskBytes: { low: 1, likely: 1, high: 1 } },
};

type Taken = Partial<MigrationResult> & { id: string; foretold?: Prediction | null };

/** As the flow does it once it is done. */
function finished(t: ExecutionContext) {
  const rig = planRig(t, usual());
  const keep = ({ id, foretold = prediction, ...change }: Taken) => {
    const result: MigrationResult = {
      ...{ guest: 'web1', source: 'a1', destination: 'b1', downtimeMs: 250, forwardingMs: 1, totalMs: 9_500 },
      ...{ memoryBytes: 60_000_000, diskBytes: 4_000_000, rounds: 3, downtimeLimitMs: null },
      ...{ throttlePercent: 0, paused: false },
      ...change,
    };
    const phases = [{ name: 'copy', state: 'done', startedAt: null, durationMs: 5_000 }];
    const operation = {
      id,
      phases,
      endedAt: `2026-01-02T03:04:0${rig.store.migrations.names().length % 10}.000Z`,
    };
    const state = { objective: defaultObjective, planned: { readings: null, prediction: foretold } };
    tryKeepHistory(rig.services, state as MigrateState, operation as unknown as Operation, result);
  };
  return { ...rig, keep };
}

test('a finished migration is kept beside what was foretold, and once', (t) => {
  const { keep, store } = finished(t);
  keep({ id: 'op-1' });
  keep({ id: 'op-1' });
  t.is(store.migrations.names().length, 1);
  t.like(store.migrations.get('op-1'), {
    predicted: { totalMs: { low: 8_000 } },
    measured: { totalMs: 9_500, downtimeMs: 250, copyMs: 5_000, memoryBytes: 60_000_000 },
  });
});

test('the history counts what lay in the range, newest first, of one guest or of all', async (t) => {
  const { keep, services } = finished(t);
  keep({ id: 'op-1' });
  keep({ id: 'op-2', totalMs: 10_001, downtimeMs: null });
  keep({ id: 'op-3', foretold: null });
  keep({ id: 'op-4', guest: 'web2', downtimeMs: 99 });
  const history = (query: { guest?: string }) =>
    migrateHandlers(services)['migration.history']({ params: {}, query, body: {} });
  const all = await history({});
  t.deepEqual(
    all.migrations.map(({ operation }) => operation),
    ['op-4', 'op-3', 'op-2', 'op-1'],
  );
  t.deepEqual(all.total, { predicted: 3, within: 2 });
  t.deepEqual(all.downtime, { predicted: 2, within: 1 });
  const own = await history({ guest: 'web2' });
  t.deepEqual(
    own.migrations.map(({ operation }) => operation),
    ['op-4'],
  );
});

test('the last thousand are kept', (t) => {
  const { keep, store } = finished(t);
  store.transaction(() => {
    for (let index = 0; index < 1_000; index++) {
      const { measured, ...one } = past;
      store.migrations.insert({ ...one, measured, name: `old-${index}`, operation: `old-${index}` });
    }
  });
  keep({ id: 'op-1' });
  const names = store.migrations.names();
  t.is(names.length, 1_000);
  t.is(names[0], 'old-1');
  t.is(names.at(-1), 'op-1');
});

const past = {
  ...{ guest: 'web1', source: 'a1', destination: 'c1', endedAt: '2026-01-01T00:00:00.000Z' },
  ...{ objective: defaultObjective, readings: null, predicted: null },
  measured: { totalMs: 1, downtimeMs: 1, copyMs: 1, memoryBytes: 1, diskBytes: 1, rounds: 1 },
};

test('migrations between the two hosts count in both directions, and no other', (t) => {
  const { keep, store } = finished(t);
  keep({ id: 'op-1' });
  keep({ id: 'op-2', source: 'b1', destination: 'a1' });
  keep({ id: 'op-3', destination: 'c1' });
  t.deepEqual(
    earlierBetween(store, 'a1', 'b1').map(({ operation }) => operation),
    ['op-2', 'op-1'],
  );
});

test('what went in post-copy is shown, and nothing is learnt from it', (t) => {
  const { keep, store } = finished(t);
  keep({ id: 'op-1', postcopy: true });
  t.true(store.migrations.get('op-1').measured.postcopy);
  t.deepEqual(earlierBetween(store, 'a1', 'b1'), []);
});

test('a history that cannot be kept does not fail what is done', (t) => {
  const { keep } = finished(t);
  t.notThrows(() => keep({ id: 'op-1', memoryBytes: Number.NaN }));
});
