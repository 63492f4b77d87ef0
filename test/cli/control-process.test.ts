import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createClient } from '../../src/api-client/client.ts';
import { ensureControl, logTail } from '../../src/cli/control-process.ts';
import type { BlanketError } from '../../src/wire/errors.ts';
import { findHome } from '../../src/wire/home.ts';
import { fakeControl, notFound } from '../api-client/fake-control.ts';

async function scene(t: Parameters<typeof fakeControl>[0], entryText: string) {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-start-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const entry = join(directory, 'main.ts');
  await writeFile(entry, entryText);
  const home = findHome({ BLANKET_STATE: join(directory, 'state') });
  const notes: string[] = [];
  const options = { home, entry, note: (line: string) => void notes.push(line) };
  return { home, entry, notes, options, client: createClient(home.socket) };
}

const serving = `
  import { createServer } from 'node:http';
  import { findHome } from '${join(import.meta.dirname, '../../src/wire/home.ts')}';
  const status = { version: '0', pid: process.pid, startedAt: new Date().toISOString(), state: '/',
    clouds: 0, hosts: 0, guests: 0, operationsRunning: 0, detours: [] };
  setTimeout(() => process.exit(), 20_000).unref();
  createServer((_, reply) => reply.end(JSON.stringify(status))).listen(process.env.SOCKET);
`;

test('a control that answers is used and nothing is started', async (t) => {
  const fake = await fakeControl(t);
  const { options, notes } = await scene(t, 'throw new Error("started")');
  await ensureControl(createClient(fake.socket), options);
  t.deepEqual(notes, []);
});

test.serial('one that does not answer is started, said, and outlives the wait', async (t) => {
  const { client, home, options, notes } = await scene(t, serving);
  process.env.SOCKET = home.socket;
  await ensureControl(client, options);
  const { pid } = await client.call('status');
  t.teardown(() => process.kill(pid));
  t.regex(notes.join(), /Started control/);
});

test('one that dies is an error with the end of its log', async (t) => {
  const { client, home, options } = await scene(t, 'console.error("no disk left"); process.exit(3);');
  const failing = ensureControl(client, { ...options, graceMs: 100 });
  const error = await t.throwsAsync<BlanketError>(failing, { code: 'control.start-failed' });
  t.regex(error?.message ?? '', /ended with 3/);
  t.regex(String(error?.cause), /no disk left/);
  t.regex(await readFile(home.log, 'utf8'), /no disk left/);
});

test("the loser of two starts uses the winner's control", async (t) => {
  const { home, options } = await scene(t, 'process.exit(1);');
  const fake = await fakeControl(t);
  await fake.stop();
  setTimeout(() => fake.start(), 1500);
  await t.notThrowsAsync(ensureControl(createClient(fake.socket), options));
  t.is(await readFile(home.log, 'utf8'), '');
});

test('a problem other than absence is told and starts nothing', async (t) => {
  const fake = await fakeControl(t, {
    status: () => {
      throw notFound('peace');
    },
  });
  const { options } = await scene(t, 'throw new Error("started")');
  await t.throwsAsync(ensureControl(createClient(fake.socket), options), { code: 'thing.not-found' });
});

test("the log's tail reads as sentences, without stacks", async (t) => {
  const { entry } = await scene(t, '');
  const line = JSON.stringify({
    level: 60,
    msg: 'control cannot serve',
    problem: { message: 'It is full.' },
  });
  await writeFile(entry, `Error: boom\n    at somewhere (x.ts:1:1)\n\n${line}\n`);
  t.is(logTail(entry), 'Error: boom\ncontrol cannot serve: It is full.');
});
