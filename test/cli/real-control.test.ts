/** The CLI and the real control, started by the CLI as a user's first command would. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { runBlanket, startBlanket } from './run-blanket.ts';

test('two first commands at once end with one control, which stop ends', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-real-'));
  const place = { directory, socket: join(directory, 'control.sock') };
  t.teardown(async () => {
    await runBlanket(place, ['stop']);
    await rm(directory, { recursive: true });
  });
  const firsts = await Promise.all([1, 2].map(() => runBlanket(place, ['cloud', 'list', '-o', 'json'])));
  for (const { code, stdout, stderr } of firsts) {
    t.is(code, 0, stderr);
    t.deepEqual(JSON.parse(stdout), []);
  }
  const second = await runBlanket(place, ['serve', '--foreground']);
  t.is(second.code, 1);
  t.regex(second.stderr, /control\.already-running/);
  t.is((await runBlanket(place, ['stop'])).code, 0);
  const status = await runBlanket(place, ['status']);
  t.is(status.code, 1);
  t.regex(status.stderr, /control\.not-running/);
});

test('serve --foreground ends with Ctrl-C, and bad input meets clear refusals meanwhile', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'blanket-real-'));
  const place = { directory, socket: join(directory, 'control.sock') };
  t.teardown(() => rm(directory, { recursive: true }));
  const serving = startBlanket(place, ['serve', '--foreground']);
  t.teardown(() => serving.signal('SIGTERM'));
  await serving.said(/control serves/);
  const junk = join(directory, 'junk');
  await writeFile(junk, 'not a disk');
  const refusals: [args: string[], code: number][] = [
    [['cloud', 'add', 'east', '--profile', 'nope'], 2],
    [['image', 'import', 'junk', junk], 2],
    [['image', 'import', 'junk', `${junk}.none`], 2],
    [['guest', 'create', 'web1', '--image', 'i', '--host', 'h'], 3],
    [['guest', 'firewall', 'web1', '--allow', 'tcp/22 from fd00::/8'], 3],
    [['guest', 'publish', 'web1', '8080:80', '--on', 'h'], 3],
    [['guest', 'unpublish', 'web1', '8080/udp'], 3],
    [['guest', 'ssh', 'web1'], 3],
    [['migrate', 'web1', '--to', 'h'], 3],
    [['op', 'watch', 'nope'], 3],
  ];
  for (const [args, code] of refusals) {
    const ran = await runBlanket(place, args);
    t.is(ran.code, code, `${args.join(' ')}: ${ran.stderr}`);
    t.regex(ran.stderr, /^error: .*\.\n {2}code: [a-z]+\.[a-z-]+\n/);
    t.is(ran.stdout, '');
  }
  serving.signal('SIGINT');
  t.is((await serving.ended).code, 0);
});
