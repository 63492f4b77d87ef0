import test from 'ava';
import type { Operation } from '../../src/wire/resources.ts';
import { ended, fakeControl, host, operation } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const problem = {
  code: 'drain.incomplete',
  kind: 'rolled-back' as const,
  message: 'east-1 is not drained.',
  next: 'Again.',
};
const web2 = { code: 'migrate.stuck', kind: 'rolled-back' as const, message: 'It does not converge.' };
const result = {
  ...{ host: 'east-1', gone: 1, stays: 1 },
  guests: [
    { guest: 'web1', state: 'gone', to: 'west-1', operation: 'op-2', problem: null },
    { guest: 'web2', state: 'stays', to: 'west-1', operation: 'op-3', problem: web2 },
  ],
};
const partly = (): Operation => ({ ...ended('failed', problem), kind: 'host.drain', result });

test('what became of each guest is told, and a drain that left one is not done', async (t) => {
  const fake = await fakeControl(t, { 'host.drain': () => operation(), 'op.show': partly });
  const args = ['drain', 'east-1', '--to', 'west-1', '--to', 'west-2', '--parallel', '1'];
  const { code, stdout, stderr } = await runBlanket(fake, args);
  t.is(code, 6, stderr);
  t.deepEqual(fake.asked.find(({ route }) => route === 'host.drain')?.body, {
    to: ['west-1', 'west-2'],
    parallel: 1,
  });
  t.regex(stdout, /^web1 +gone +west-1 +op-2 +-$/m);
  t.regex(stdout, /^web2 +stays +- +op-3 +It does not converge\.$/m);
  t.regex(stderr, /east-1 is not drained\.\n {2}code: drain\.incomplete/);
  const json = await runBlanket(fake, [...args, '-o', 'json']);
  t.is(json.code, 6);
  t.deepEqual(JSON.parse(json.stdout), { operation: 'op-1', state: 'failed', ...result });
});

test('a drain that is done says that the host is in maintenance, and undrain ends that', async (t) => {
  const fake = await fakeControl(t, {
    'host.drain': () => operation(),
    'op.show': () => ({ ...ended('done'), result: { ...result, stays: 0 } }),
    'host.list': () => [{ ...host('east-1'), maintenance: true }],
    'host.undrain': () => host('east-1'),
  });
  const drained = await runBlanket(fake, ['drain', 'east-1']);
  t.is(drained.code, 0, drained.stderr);
  t.regex(drained.stderr, /in maintenance until `blanket host undrain east-1`/);
  t.regex((await runBlanket(fake, ['host', 'list'])).stdout, /^east-1 +east +ready \(maintenance\) /m);
  const undrained = await runBlanket(fake, ['host', 'undrain', 'east-1']);
  t.regex(undrained.stdout, /^state: +ready$/m);
});

test('--stopped is asked for only when it was said', async (t) => {
  const fake = await fakeControl(t, { 'host.drain': () => operation() });
  await runBlanket(fake, ['drain', 'east-1', '--stopped', '--detach']);
  await runBlanket(fake, ['drain', 'east-1', '--detach']);
  const bodies = fake.asked.filter(({ route }) => route === 'host.drain').map(({ body }) => body);
  t.deepEqual(bodies, [{ stopped: true }, {}]);
});

test('--detach prints the id alone', async (t) => {
  const fake = await fakeControl(t, { 'host.drain': () => operation() });
  t.is((await runBlanket(fake, ['drain', 'east-1', '--detach'])).stdout, 'op-1\n');
});
