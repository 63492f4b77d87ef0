import test from 'ava';
import { BlanketError, type Problem } from '../../src/wire/errors.ts';
import { defaultObjective } from '../../src/wire/objective.ts';
import type { MigrationResult } from '../../src/wire/resources.ts';
import {
  ended,
  type FakeControl,
  fakeControl,
  guest,
  operation,
  script,
} from '../api-client/fake-control.ts';
import { runBlanket, startBlanket } from './run-blanket.ts';

const numbers: MigrationResult = {
  ...{ guest: 'web1', source: 'east-1', destination: 'west-1', downtimeMs: 351 },
  ...{ forwardingMs: 12, totalMs: 9000 },
  ...{ memoryBytes: 61_000_000, pageBytes: 150_000_000, diskBytes: 4_000_000, rounds: 3 },
  choice: { compression: 'zstd', connections: 2, why: 'The way is slow.' },
  ...{ objective: defaultObjective, downtimeLimitMs: 200, throttlePercent: 20, paused: false },
};
const migrate = ['migrate', 'web1', '--to', 'west-1'];

const migrating = (t: Parameters<typeof fakeControl>[0], story = script(operation())) =>
  fakeControl(t, {
    'guest.show': () => guest('web1'),
    'guest.migrate': () => operation(),
    'op.show': story.show,
  });

const problem: Problem = { code: 'migrate.stuck', kind: 'timed-out', message: 'It did not converge.' };

test('migrate -o json prints the report, and progress goes to stderr', async (t) => {
  const fake = await migrating(t, script({ ...ended('done'), result: numbers }));
  const { code, stdout, stderr } = await runBlanket(fake, [
    ...migrate,
    '-o',
    'json',
    '--max-downtime',
    '300ms',
  ]);
  t.is(code, 0);
  const { phases, ...report } = JSON.parse(stdout);
  t.deepEqual(report, { operation: 'op-1', state: 'done', ...numbers });
  t.deepEqual(Object.keys(phases[0]), ['name', 'startedAt', 'durationMs']);
  t.regex(stderr, /prepare/);
  t.deepEqual(fake.asked.find(({ route }) => route === 'guest.migrate')?.body, {
    to: 'west-1',
    maxDowntimeMs: 300,
  });
});

const endings = [
  ['rolled-back', 6],
  ['attention', 7],
  ['failed', 8],
  ['cancelled', 130],
] as const;
for (const [state, exit] of endings) {
  test(`a migration that ends ${state} exits ${exit}, with the report on stdout and the problem on stderr`, async (t) => {
    const fake = await migrating(t, script(ended(state, problem)));
    const { code, stdout, stderr } = await runBlanket(fake, [...migrate, '-o', 'json']);
    t.is(code, exit);
    t.like(JSON.parse(stdout), { state, source: 'east-1', destination: 'west-1', downtimeMs: null });
    t.regex(stderr, /error: It did not converge\.\n {2}code: migrate\.stuck/);
    const watched = await runBlanket(fake, ['op', 'watch', 'op-1']);
    t.is(watched.code, exit);
  });
}

test('--detach prints the id alone and does not wait', async (t) => {
  const fake = await migrating(t);
  const { code, stdout, stderr } = await runBlanket(fake, [...migrate, '--detach']);
  t.is(code, 0);
  t.is(stdout, 'op-1\n');
  t.regex(stderr, /blanket op watch op-1/);
});

test('a refused migration exits as it was refused, with nothing on stdout', async (t) => {
  const fake = await migrating(t);
  fake.handlers['guest.migrate'] = () => {
    throw new BlanketError('migrate.same-host', 'It is there.', { kind: 'blocked' });
  };
  const { code, stdout } = await runBlanket(fake, [...migrate, '-o', 'json']);
  t.is(code, 5);
  t.is(stdout, '');
});

const cancels = (fake: FakeControl) => fake.asked.filter(({ route }) => route === 'op.cancel').length;

test('the first Ctrl-C asks to cancel, and the exit code is what became of it', async (t) => {
  for (const [state, exit] of [
    ['cancelled', 130],
    ['rolled-back', 6],
    ['done', 0],
  ] as const) {
    const story = script(operation());
    const fake = await migrating(t, story);
    fake.handlers['op.cancel'] = () => {
      story.set(ended(state, problem));
      return operation();
    };
    const running = startBlanket(fake, migrate);
    await running.said(/✓ prepare/);
    running.signal('SIGINT');
    const { code, stderr } = await running.ended;
    t.is(code, exit);
    t.regex(stderr, /Asking to cancel/);
    t.is(cancels(fake), 1);
  }
});

test('a refused cancel is told, and the second Ctrl-C leaves the operation running', async (t) => {
  const fake = await migrating(t);
  fake.handlers['op.cancel'] = () => {
    throw new BlanketError('migrate.too-late', 'It is past the point of no return.', { kind: 'conflict' });
  };
  const running = startBlanket(fake, migrate);
  await running.said(/✓ prepare/);
  running.signal('SIGINT');
  await running.said(/cannot be cancelled: It is past/);
  running.signal('SIGINT');
  const { code, stderr } = await running.ended;
  t.is(code, 130);
  t.regex(stderr, /goes on without being watched[\s\S]*blanket op watch op-1/);
  t.is(cancels(fake), 1);
});

test('a mere watcher cancels nothing', async (t) => {
  const fake = await migrating(t);
  const running = startBlanket(fake, ['op', 'watch', 'op-1']);
  await running.said(/✓ prepare/);
  running.signal('SIGINT');
  t.is((await running.ended).code, 130);
  t.is(cancels(fake), 0);
});

test('a restart of control in the middle is told on stderr and survived', async (t) => {
  const story = script(operation());
  const fake = await migrating(t, story);
  const running = startBlanket(fake, [...migrate, '-o', 'json']);
  await running.said(/✓ prepare/);
  await fake.stop();
  await running.said(/Control went away/);
  await fake.start();
  await running.said(/Control is back/);
  story.set({ ...ended('done'), result: numbers });
  const { code, stdout } = await running.ended;
  t.is(code, 0);
  t.is(JSON.parse(stdout).downtimeMs, 351);
});
