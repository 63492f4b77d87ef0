import test, { type ExecutionContext } from 'ava';
import { migrateHandlers } from '../../../src/control/api/migrate-handlers.ts';
import { plan as planPhase } from '../../../src/control/migrate/plan-phase.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';
import type { Finding } from '../../../src/wire/migration-plan.ts';
import { defaultObjective } from '../../../src/wire/objective.ts';
import { planRig, status, survey, usual } from './plan-rig.ts';

type Answers = Record<string, () => unknown>;

function setUp(t: ExecutionContext, b1: Answers = {}, a1: Answers = {}) {
  const well = usual();
  const rig = planRig(t, { a1: { ...well.a1, ...a1 }, b1: { ...well.b1, ...b1 } });
  return { ...rig, wish: { guest: 'web1', destination: 'b1', objective: defaultObjective } };
}

test('a migration that is blocked tells all that blocks it', async (t) => {
  const { services, wish } = setUp(
    t,
    { 'host.status': () => ({ ...status, memoryFree: 0, libvirt: '9.0.0' }) },
    { 'plan.source': () => ({ ...survey, snapshots: 1 }) },
  );
  const state = { ...wish, operation: 'x', source: 'a1' } as MigrateState;
  const context = {
    state,
    save: () => t.fail(),
    progress: () => undefined,
    signal: new AbortController().signal,
  };
  const error = await t.throwsAsync<BlanketError>(planPhase(services).do(context), {
    code: 'migrate.no-memory',
  });
  t.is(error?.kind, 'blocked');
  t.regex(error?.message ?? '', /memory free.*snapshot/);
  const { findings } = (error?.data ?? {}) as { findings: Finding[] };
  t.deepEqual(
    findings.map(({ id }) => id),
    ['migrate.no-memory', 'migrate.snapshots'],
  );
});

test('what it lets pass stays with the migration, beside what was found before', async (t) => {
  const { services, wish } = setUp(t, { 'host.status': () => ({ ...status, libvirt: '9.0.0' }) });
  const warnings = [{ code: 'guest.cpu-too-wide', kind: 'blocked', message: 'Wide.' }] as const;
  const state = { ...wish, operation: 'x', source: 'a1', warnings: [...warnings] } as MigrateState;
  let saved: Partial<MigrateState> = {};
  const save = (change: Partial<MigrateState>) => {
    saved = change;
  };
  await planPhase(services).do({
    state,
    save,
    progress: () => undefined,
    signal: new AbortController().signal,
  });
  t.deepEqual(
    saved.warnings?.map(({ code }) => code),
    ['guest.cpu-too-wide', 'migrate.older-libvirt'],
  );
  t.is(saved.planned?.readings?.path?.rttMs, 40);
});

test('a plan of a guest that is busy says so', async (t) => {
  const { services, operations } = setUp(t);
  operations.define({
    ...{ kind: 'guest.migrate', afterRestart: 'undo', undoneState: 'failed' },
    phases: [
      {
        name: 'plan',
        do: (context) => new Promise((_, reject) => context.signal.addEventListener('abort', reject)),
      },
    ],
  });
  const { id } = operations.start('guest.migrate', 'guest/web1', {});
  const body = { to: 'b1' };
  const plan = await migrateHandlers(services)['guest.plan']({ params: { name: 'web1' }, query: {}, body });
  t.deepEqual(
    plan.findings.map(({ id }) => id),
    ['operation.busy'],
  );
  t.true(plan.blocked);
  operations.cancel(id);
  while (operations.show(id).state === 'running')
    await operations.wait(id, operations.show(id).version, 1_000);
});
