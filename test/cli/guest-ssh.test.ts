import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { guestSshArguments } from '../../src/cli/guest-ssh.ts';
import { CommandError, run } from '../../src/process/run.ts';
import type { Guest } from '../../src/wire/resources.ts';
import { fakeControl, guest } from '../api-client/fake-control.ts';
import { fakeSsh } from './fake-ssh.ts';
import { runBlanket } from './run-blanket.ts';

const access = { host: '192.0.2.9', port: 2201, user: 'b', identityFile: '/k', knownHostsFile: '/h' };

const control = (t: ExecutionContext, change: Partial<Guest> = {}) =>
  fakeControl(t, { 'guest.show': () => guest('web1', change), 'host.ssh': () => access });

const { uuid } = guest('web1');

test('it goes through the host of the guest, with a file for the key of this guest alone', async (t) => {
  const fake = await control(t);
  const ssh = await fakeSsh(fake.directory);
  const { code, stderr } = await runBlanket(fake, ['guest', 'ssh', 'web1', '-l', 'debian'], ssh.env);
  t.is(code, 0, stderr);
  t.is(stderr, '');
  t.is(fake.asked.find(({ route }) => route === 'host.ssh')?.params.name, 'east-1');
  const args = await ssh.arguments();
  t.deepEqual(args.slice(-5), ['-l', 'debian', '-p', '22', '10.77.0.2']);
  const proxy = args.find((word) => word.startsWith('ProxyCommand='));
  t.regex(
    proxy ?? '',
    /^ProxyCommand=ssh .*StrictHostKeyChecking=yes .*-i \/k -p 2201 .*-W 10\.77\.0\.2:22 b@192\.0\.2\.9$/,
  );
  const directory = join(fake.directory, 'ssh/guests');
  t.true(args.includes('StrictHostKeyChecking=accept-new'));
  t.true(args.includes(`HostKeyAlias=${uuid}`));
  t.true(args.includes(`UserKnownHostsFile="${join(directory, uuid)}"`));
  t.is((await stat(directory)).mode & 0o777, 0o700);
});

test('what stands after -- follows the destination, and its exit code is that of blanket', async (t) => {
  const fake = await control(t);
  const ssh = await fakeSsh(fake.directory, 42);
  const words = ['-N', '-L', '8080:localhost:80', 'df -h', '--', '*'];
  const ran = await runBlanket(fake, ['guest', 'ssh', 'web1', '-p', '2222', '--', ...words], ssh.env);
  t.is(ran.code, 42);
  t.is(ran.stderr, '');
  const args = await ssh.arguments();
  t.deepEqual(args.slice(-words.length - 3), ['-p', '2222', '10.77.0.2', ...words]);
  t.regex(args.join('\n'), /-W 10\.77\.0\.2:2222 /);
  t.false(args.includes('-l'));
});

test('another host and another key are taken when said; a failure of ssh is helped with', async (t) => {
  const fake = await control(t);
  const ssh = await fakeSsh(fake.directory, 255);
  const args = ['guest', 'ssh', 'web1', '--via', 'west-1', '-i', '/my key'];
  const { code, stdout, stderr } = await runBlanket(fake, args, ssh.env);
  t.is(code, 255);
  t.is(stdout, '');
  t.regex(stderr, /blanket console web1[\s\S]*blanket host show west-1[\s\S]*--via HOST/);
  t.is(fake.asked.find(({ route }) => route === 'host.ssh')?.params.name, 'west-1');
  const given = await ssh.arguments();
  t.is(given[given.indexOf('-i') + 1], '/my key');
});

const unfit: [what: string, change: Partial<Guest>, code: number, says: RegExp][] = [
  ['is stopped', { state: 'stopped' }, 1, /guest\.not-running\n {2}next: `blanket guest start web1`/],
  ['is being created', { state: 'creating' }, 1, /guest\.not-running[\s\S]*blanket op list/],
  ['has no card', { nics: [] }, 5, /guest\.no-network[\s\S]*blanket console web1/],
];
for (const [what, change, exit, says] of unfit) {
  test(`a guest that ${what} is not tried`, async (t) => {
    const fake = await control(t, change);
    for (const args of [
      ['ssh', 'web1'],
      ['forward', 'web1', '80'],
    ]) {
      const { code, stderr } = await runBlanket(fake, ['guest', ...args], { PATH: `${process.env.PATH}` });
      t.is(code, exit);
      t.regex(stderr, says);
    }
    t.false(fake.asked.some(({ route }) => route === 'host.ssh'));
  });
}

test('the real ssh understands it: odd paths reach the ssh of the host as they are', async (t) => {
  const fake = await control(t);
  const ssh = await fakeSsh(fake.directory, 1);
  const odd = `${fake.directory}/it's 100%h "odd" $HOME`;
  const place = { uuid, address: '10.77.0.2' };
  const args = guestSshArguments({ ...access, identityFile: odd }, place, { port: 22 }, odd);
  const env = { ...process.env, ...ssh.env, SHELL: '/bin/sh' };
  const error = await t.throwsAsync(
    () => run('/usr/bin/ssh', ['-F', 'none', ...args, 'true'], { env, timeoutMs: 30_000 }),
    {
      instanceOf: CommandError,
    },
  );
  t.is(error?.exitCode, 255);
  const inner = await ssh.arguments();
  t.is(inner[inner.indexOf('-i') + 1], odd);
  t.deepEqual(inner.slice(-3), ['-W', '10.77.0.2:22', 'b@192.0.2.9']);
  const { stdout } = await run('/usr/bin/ssh', ['-F', 'none', '-G', ...args], { env });
  t.true(stdout.includes(`\nhostkeyalias ${uuid}\n`));
  t.true(stdout.includes('\nstricthostkeychecking accept-new\n'));
  const behind = ['-N', '-L', '8080:localhost:80'];
  const { stdout: more } = await run('/usr/bin/ssh', ['-F', 'none', '-G', ...args, ...behind], { env });
  t.true(more.includes('\nlocalforward 8080 [localhost]:80\n'));
});
