import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { start } from '../../src/process/run.ts';
import { runBlanket } from './run-blanket.ts';

/** A control whose status has only what every version's has. */
const older = `
  const reply = JSON.stringify({ version: '0.0.1', pid: process.pid });
  const server = require('node:http').createServer((_, answer) => answer.end(reply));
  server.listen(process.argv[1], () => console.log('ready'));
`;

test('a control of another version is refused with the way out, and stop ends it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-older-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const socket = join(directory, 'control.sock');
  const control = start(process.execPath, ['-e', older, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => control.kill('SIGKILL'));
  if (control.stdout !== null) await once(control.stdout, 'data');
  const place = { directory, socket };
  const refused = await runBlanket(place, ['host', 'list']);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /control\.bad-answer[\s\S]*`blanket stop` ends it/);
  const ended = once(control, 'exit');
  const stopped = await runBlanket(place, ['stop']);
  t.is(stopped.code, 0, stopped.stderr);
  t.deepEqual(await ended, [null, 'SIGTERM']);
});
