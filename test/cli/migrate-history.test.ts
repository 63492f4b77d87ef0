import test from 'ava';
import type { MigrationHistory } from '../../src/wire/migration-history.ts';
import { defaultObjective } from '../../src/wire/objective.ts';
import { fakeControl } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const history: MigrationHistory = {
  migrations: [
    {
      ...{ operation: 'op-1', guest: 'web1', source: 'east-1', destination: 'west-1' },
      ...{ endedAt: '2026-01-02T03:04:05.000Z', objective: defaultObjective, readings: null },
      predicted: {
        ...{ confidence: 0.8, converges: true, why: null, earlier: 2, rounds: null, memoryBytes: null },
        totalMs: { low: 8_000, likely: 9_000, high: 10_000 },
        downtimeMs: { low: 100, likely: 200, high: 300 },
        diskBytes: { low: 1, likely: 1, high: 1 },
      },
      measured: { totalMs: 9_500, downtimeMs: 350, copyMs: 1, memoryBytes: 1024, diskBytes: 0, rounds: 1 },
    },
  ],
  ...{ total: { predicted: 1, within: 1 }, downtime: { predicted: 1, within: 0 } },
};

test('the history shows what was foretold beside what came, and how often that was right', async (t) => {
  const fake = await fakeControl(t, { 'migration.history': () => history });
  const { code, stdout } = await runBlanket(fake, ['migrate', '--history', 'web1']);
  t.is(code, 0);
  t.regex(stdout, /9\.5 s +8\.0 s to 10\.0 s +350 ms +100 ms to 300 ms/);
  t.regex(stdout, /1 of 1 totals lay in the range that was foretold \(100%; promised are 80%\)\./);
  t.regex(stdout, /0 of 1 downtimes lay/);
  t.deepEqual(fake.asked.at(-1)?.query, { guest: 'web1' });
  const asData = await runBlanket(fake, ['migrate', '--history', '-o', 'json']);
  t.deepEqual(JSON.parse(asData.stdout), history);
});

const refusals: [args: string[], code: string][] = [
  [['migrate'], 'usage.missing-argument'],
  [['migrate', 'web1'], 'usage.missing-mandatory-option-value'],
  [['migrate', 'web1', '--history', '--plan'], 'usage.conflicting-option'],
];
for (const [args, expected] of refusals) {
  test(`${args.join(' ')} is refused as ${expected}`, async (t) => {
    const { code, stderr } = await runBlanket({ directory: '/nowhere', socket: '/nowhere' }, args);
    t.is(code, 2);
    t.regex(stderr, new RegExp(`code: ${expected}\n`));
  });
}
