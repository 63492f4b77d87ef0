import test from 'ava';
import type { MigrationPlan } from '../../src/wire/migration-plan.ts';
import { fakeControl } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const finding = { message: 'There is no room.', next: 'Make some.', data: { free: 1 } };
const plan: MigrationPlan = {
  ...{ guest: 'web1', source: 'east-1', destination: 'west-1', blocked: true },
  findings: [
    { ...finding, id: 'migrate.no-disk', level: 'blocker' },
    { ...finding, id: 'migrate.slow-path', level: 'warning', message: 'It is slow.', next: 'Wait.' },
  ],
  choice: { compression: 'zstd', connections: 2, why: 'The way is slow.' },
  prediction: null,
  readings: {
    ...{ path: { bytesPerSecond: 12.5e6, rttMs: 40.04, bytes: 1 }, dirtyBytesPerSecond: null },
    ...{ memoryBytes: 2 ** 27, residentBytes: null, diskBytes: 2 ** 22, imageBytes: 0, skewMs: -12 },
    compressing: { source: { bytesPerSecond: 1e7, cpus: 2 } },
  },
};
const command = ['migrate', 'web1', '--to', 'west-1', '--plan'];

test('a plan that is blocked is printed whole, and exits 5', async (t) => {
  const fake = await fakeControl(t, { 'guest.plan': () => plan });
  const { code, stdout, stderr } = await runBlanket(fake, [...command, '--bandwidth', '1MiB']);
  t.is(code, 5);
  t.is(stderr, '');
  t.regex(stdout, /^blocked: +yes\nbandwidth: +12\.5 MB\/s\nround trip: +40\.0 ms\n/m);
  t.regex(stdout, /^hosts compress: +10(?:\.0)? MB\/s a CPU, of 2; unknown\n/m);
  t.regex(stdout, /^compression: +zstd\nconnections: +2\nchosen: +The way is slow\.\n/m);
  t.regex(
    stdout,
    /^blocker +migrate\.no-disk +There is no room\.\nwarning +migrate\.slow-path +It is slow\.\n/m,
  );
  t.regex(stdout, /^ {2}migrate\.no-disk: Make some\.\n {2}migrate\.slow-path: Wait\.\n$/m);
  t.deepEqual(fake.asked.map(({ route, body }) => [route, body]).at(-1), [
    'guest.plan',
    { to: 'west-1', bandwidthBps: 2 ** 20 },
  ]);
});

test('as data it is what control says', async (t) => {
  const fake = await fakeControl(t, { 'guest.plan': () => plan });
  const { code, stdout } = await runBlanket(fake, [...command, '-o', 'json']);
  t.is(code, 5);
  t.deepEqual(JSON.parse(stdout), plan);
});

test('a plan that is not blocked exits 0', async (t) => {
  const fake = await fakeControl(t, {
    'guest.plan': () => ({ ...plan, blocked: false, findings: [], readings: null }),
  });
  const { code, stdout } = await runBlanket(fake, command);
  t.is(code, 0);
  t.regex(stdout, /\nNothing stands in its way\.\n$/);
});
