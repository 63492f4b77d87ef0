import { readFile } from 'node:fs/promises';
import test from 'ava';
import { readRecipe } from '../../../images/recipe.ts';
import { bringLacking } from '../../../src/control/provision/packages.ts';
import type { ExecOptions, SshLink } from '../../../src/control/ssh/ssh-link.ts';
import { run } from '../../../src/process/run.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { Progress } from '../../../src/wire/resources.ts';

type Played = { commands: string[]; said: string[]; bring: () => Promise<void> };

/** A host that says it lacks `lacks`, and on which commands do as `exec` says. */
function host(lacks: string, exec: (command: string, options: ExecOptions) => string = () => ''): Played {
  const played = { commands: [] as string[], said: [] as string[] };
  const link = {
    exec: async (command: string, options: ExecOptions = {}) => {
      played.commands.push(command);
      return played.commands.length === 1 ? lacks : exec(command, options);
    },
  } as unknown as SshLink;
  const progress = ({ message }: Progress) => void played.said.push(message);
  const signal = new AbortController().signal;
  return { ...played, bring: () => bringLacking({ host: 'a1', ssh: async () => link, signal, progress }) };
}

test('a host that lacks nothing costs one round trip', async (t) => {
  const { bring, commands, said } = host('');
  await bring();
  t.is(commands.length, 1);
  t.deepEqual(said, []);
});

test('the packages asked for are those that the host image’s recipe names for a blanket', async (t) => {
  const { bring, commands } = host('');
  await bring();
  const recipe = await readRecipe('host');
  const names = recipe.kind === 'system' ? recipe.blanket : [];
  t.true(names.includes('qemu-system-x86'));
  t.is(commands[0], `sh -eu -s -- ${names.map((name) => `'${name}'`).join(' ')}`);
});

test('only what lacks is installed, and a person sees how far it is', async (t) => {
  const { bring, commands, said } = host('package nodejs\npackage ethtool\nsetup\n', (_command, options) => {
    options.onOutput?.('dlstatus:1:4.5:Retrieving file 1 of 2\npmst');
    options.onOutput?.('atus:nodejs:amd64:50.0:Unpacking nodejs (amd64)\n');
    return '';
  });
  await bring();
  t.is(commands[1], "sudo sh -eu -s -- 'nodejs' 'ethtool'");
  t.is(commands[2], commands[0]); // looks again whether all is there
  t.is(commands[3], 'sudo sh -eu -s');
  t.is(commands.length, 4);
  t.true(said.includes('installing: 5 % Retrieving file 1 of 2'));
  t.true(said.includes('installing: 50 % Unpacking nodejs (amd64)'));
});

test('an installation that fails is told with what apt said last', async (t) => {
  const { bring, commands } = host('package nodejs\n', (_command, options) => {
    options.onOutput?.('pmstatus:x:1.0:noise\nE: Unable to locate package nodejs\n');
    throw new BlanketError('ssh.command-failed', 'It ended with 1.');
  });
  t.like(await t.throwsAsync(bring()), {
    code: 'host.packages-failed',
    data: { host: 'a1', packages: ['nodejs'], output: ['E: Unable to locate package nodejs'] },
  });
  t.is(commands.length, 2);
});

test('what is still not there after an installation that went well is told', async (t) => {
  const { bring } = host('package nodejs\n', (command) =>
    command.startsWith('sudo') ? '' : 'package nodejs\n',
  );
  t.like(await t.throwsAsync(bring()), { code: 'host.packages-failed', data: { packages: ['nodejs'] } });
});

test('the survey’s script knows what is installed from what is not, on a real Debian', async (t) => {
  const input = await readFile('src/control/provision/packages-survey.sh', 'utf8');
  const { stdout } = await run('sh', ['-eu', '-s', '--', 'dpkg', 'no-package-of-that-name', 'coreutils'], {
    input,
  });
  t.deepEqual(
    stdout.split('\n').filter((line) => line.startsWith('package ')),
    ['package no-package-of-that-name'],
  );
});

for (const script of ['packages-survey', 'packages-install']) {
  test(`${script}.sh is a script that every shell can read`, async (t) => {
    await t.notThrowsAsync(run('sh', ['-n', `src/control/provision/${script}.sh`]));
  });
}
