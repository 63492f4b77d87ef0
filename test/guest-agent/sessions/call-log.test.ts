import test from 'ava';
import { loggedCall } from '../../../src/guest-agent/sessions/call-log.ts';
import { BlanketError } from '../../../src/wire/errors.ts';

/** What the journal would get meanwhile; this file's tests are the only ones in its process. */
async function journal(work: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const { write } = process.stderr;
  const lines: string[] = [];
  process.stderr.write = ((text: string) => lines.push(text) > 0) as typeof write;
  try {
    await work().catch(() => undefined);
  } finally {
    process.stderr.write = write;
  }
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const fine = async () => 'value';
const fails = () => Promise.reject(new BlanketError('migrate.perform-failed', 'It failed.'));

test.serial("an operation's call is told when it begins and when it ends, with its guest", async (t) => {
  const lines = await journal(() => loggedCall('guest.start', { name: 'web1' }, 'op-1', fine));
  t.like(lines[0], { event: 'call.begun', operation: 'op-1', guest: 'web1', method: 'guest.start' });
  t.like(lines[1], { event: 'call.done', operation: 'op-1', guest: 'web1' });
  t.is(typeof lines[1]?.ms, 'number');
});

test.serial('a call that fails is told with its problem, and its error goes on', async (t) => {
  const params = { operation: 'op-2', guest: 'web1' };
  const lines = await journal(() => loggedCall('migrate.perform', params, undefined, fails));
  t.like(lines[1], { event: 'call.failed', operation: 'op-2', guest: 'web1' });
  t.like(lines[1]?.problem, { code: 'migrate.perform-failed' });
  await journal(() =>
    t.throwsAsync(loggedCall('migrate.perform', params, undefined, fails), { message: 'It failed.' }),
  );
});

test.serial('what control asks on its own is told only when it fails', async (t) => {
  t.deepEqual(await journal(() => loggedCall('host.status', {}, undefined, fine)), []);
  t.is((await journal(() => loggedCall('host.status', {}, undefined, fails))).length, 1);
});

test.serial('parameters of any shape are logged as far as they can be', async (t) => {
  for (const params of [null, 7, 'x', [], { operation: 7, guest: {} }]) {
    t.is((await journal(() => loggedCall('image.list', params, 'op-3', fine))).length, 2);
  }
});
