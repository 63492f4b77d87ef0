import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { BlanketError } from '../../src/wire/errors.ts';
import { ended, fakeControl, guest, host, notFound, operation } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

test('lists go to stdout as a table, as JSON and as YAML', async (t) => {
  const { metadata, ...rest } = guest('web1');
  const listed = { ...rest, metadata: { sshKeys: metadata.sshKeys } };
  const fake = await fakeControl(t, { 'guest.list': () => [listed] });
  const table = await runBlanket(fake, ['guest', 'list']);
  t.is(table.code, 0);
  t.regex(table.stdout, /^NAME +STATE +HOST .*\nweb1 +running +east-1 .*10\.77\.0\.2.*\n$/);
  t.is(table.stderr, '');
  const json = await runBlanket(fake, ['guest', 'list', '-o', 'json']);
  t.deepEqual(JSON.parse(json.stdout), [listed]);
  const yaml = await runBlanket(fake, ['-o', 'yaml', 'guest', 'list']);
  t.deepEqual(parse(yaml.stdout), [listed]);
});

test('an empty list says on stderr what to do next', async (t) => {
  const fake = await fakeControl(t, { 'host.list': () => [], 'cloud.list': () => [] });
  const { code, stdout, stderr } = await runBlanket(fake, ['host', 'list']);
  t.is(code, 0);
  t.regex(stdout, /^NAME .*\n$/);
  t.regex(stderr, /blanket cloud add NAME/);
});

test('an unknown name exits 3, with everything on stderr', async (t) => {
  const fake = await fakeControl(t, {
    'guest.show': () => {
      throw notFound('guest nope');
    },
  });
  const { code, stdout, stderr } = await runBlanket(fake, ['guest', 'show', 'nope', '-o', 'json']);
  t.is(code, 3);
  t.is(stdout, '');
  t.regex(stderr, /^error: There is no guest nope\.\n {2}code: thing\.not-found\n {2}next: List them\.\n/);
  t.is(JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '').problem.code, 'thing.not-found');
});

const misuse: [args: string[], says: RegExp][] = [
  [['guset', 'list'], /Unknown command 'guset'[\s\S]*Did you mean guest\?/],
  [['guest', 'lst'], /Did you mean list\?/],
  [['guest', 'stop', 'web1', '--forc'], /Unknown option '--forc'[\s\S]*Did you mean --force\?/],
  [['guest'], /Say which command you mean[\s\S]*blanket guest --help/],
  [['guest', 'show', 'Web_1'], /1 to 40 characters/],
  [['guest', 'create', 'web1', '--image', 'i'], /--host <host>/],
  [['guest', 'create', 'web1', '--image', 'i', '--host', 'h', '--memory', '128'], /needs a unit/],
  [['network', 'create', 'lan', '--subnet', '10.77.0.1'], /subnet/],
  [['guest', 'list', '-o', 'xml'], /table, json, yaml/],
  [['guest', 'remove', 'web1'], /no terminal to ask on[\s\S]*--yes/],
  [['host', 'remove', 'east-1'], /no terminal to ask on[\s\S]*--yes/],
];
for (const [args, says] of misuse) {
  test(`misuse exits 2 and helps: blanket ${args.join(' ')}`, async (t) => {
    const fake = await fakeControl(t);
    const { code, stdout, stderr } = await runBlanket(fake, args);
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(stderr, says);
  });
}

test('help is data: stdout and exit 0, with examples', async (t) => {
  const fake = await fakeControl(t);
  for (const args of [[], ['--help'], ['guest', 'create', '--help']]) {
    const { code, stdout, stderr } = await runBlanket(fake, args);
    t.is(code, 0);
    t.regex(stdout, /Usage: blanket[\s\S]*\$ blanket /);
    t.is(stderr, '');
  }
  t.deepEqual(fake.asked, []);
});

test('a link is changed only where asked', async (t) => {
  const now = { clouds: ['east', 'west'], latencyMs: 10, bandwidthBps: 25e6, loss: 0 };
  const fake = await fakeControl(t, { 'link.list': () => [now], 'link.set': ({ body }) => body });
  const args = ['cloud', 'link', 'west', 'east', '--loss', '0.5%', '-o', 'json'];
  const { stdout } = await runBlanket(fake, args);
  t.deepEqual(JSON.parse(stdout), { ...now, loss: 0.005 });
  const shown = await runBlanket(fake, ['cloud', 'link', 'east', 'west']);
  t.is(shown.stdout, 'clouds:    east - west\nlatency:   10 ms\nbandwidth: 25 MB/s\nloss:      0%\n');
});

test('removing says so on stderr, and in data when asked', async (t) => {
  const fake = await fakeControl(t, { 'network.remove': () => ({ warnings: [] }) });
  const plain = await runBlanket(fake, ['network', 'remove', 'lan']);
  t.deepEqual(plain, { code: 0, stdout: '', stderr: 'Removed network lan.\n' });
  const json = await runBlanket(fake, ['network', 'remove', 'lan', '-o', 'json']);
  t.deepEqual(JSON.parse(json.stdout), { removed: 'network/lan' });
});

const cloud = (type: string) => ({
  ...{ name: 'lab', type, hosts: 0, createdAt: '2026-01-02T03:04:05.000Z' },
  config: { machines: [{ name: 'rack7' }] },
});

const provisioning = (type: string) => ({
  'cloud.show': () => cloud(type),
  'host.provision': () => operation({ kind: 'host.provision', subject: 'host/east-1' }),
  'op.show': () => ended('done'),
  'host.show': () => host('east-1'),
});

test('a host is provisioned from the newest built image, with sizes in the units of the API', async (t) => {
  const fake = await fakeControl(t, provisioning('local'));
  const cache = join(fake.directory, 'cache');
  const args = ['host', 'provision', 'east-1', '--cloud', 'east', '--memory', '2G'];
  const missing = await runBlanket(fake, args, { BLANKET_CACHE: cache });
  t.is(missing.code, 3);
  t.regex(missing.stderr, /image\.host-missing[\s\S]*make images/);
  await mkdir(join(cache, 'images/host-0123'), { recursive: true });
  await writeFile(join(cache, 'images/host-0123/manifest.json'), '{}');
  const made = await runBlanket(fake, args, { BLANKET_CACHE: cache });
  t.is(made.code, 0, made.stderr);
  t.regex(made.stdout, /^name: +east-1\n/);
  t.deepEqual(fake.asked.find(({ route }) => route === 'host.provision')?.body, {
    ...{ name: 'east-1', cloud: 'east', memoryMiB: 2048 },
    image: join(cache, 'images/host-0123/host.qcow2'),
  });
});

test('a machine that is there already is taken by its name, and no image is looked for', async (t) => {
  const fake = await fakeControl(t, provisioning('ssh'));
  const args = ['host', 'provision', 'east-1', '--cloud', 'lab', '--machine', 'rack7'];
  const { code, stderr } = await runBlanket(fake, args, { BLANKET_CACHE: join(fake.directory, 'none') });
  t.is(code, 0, stderr);
  t.deepEqual(fake.asked.find(({ route }) => route === 'host.provision')?.body, {
    ...{ name: 'east-1', cloud: 'lab', machine: 'rack7' },
  });
});

test('a cloud is described by a file, whose key files count from its folder', async (t) => {
  const fake = await fakeControl(t, { 'cloud.add': () => cloud('ssh') });
  const file = join(fake.directory, 'lab.yaml');
  const machine = { name: 'rack7', host: '10.0.0.7', user: 'admin', hostKey: 'ssh-ed25519 AAAA' };
  await writeFile(file, JSON.stringify({ machines: [{ ...machine, identityFile: 'keys/lab' }] }));
  const { code, stdout } = await runBlanket(fake, ['cloud', 'add', 'lab', '--type', 'ssh', '--config', file]);
  t.is(code, 0);
  t.regex(stdout, /config: +machines=rack7\n/);
  const identityFile = join(fake.directory, 'keys/lab');
  t.deepEqual(fake.asked.find(({ route }) => route === 'cloud.add')?.body, {
    ...{ name: 'lab', type: 'ssh', config: { machines: [{ ...machine, identityFile }] } },
  });
  const missing = await runBlanket(fake, ['cloud', 'add', 'lab', '--type', 'ssh', '--config', `${file}.no`]);
  t.is(missing.code, 2);
  t.regex(missing.stderr, /cloud\.config-unreadable/);
});

test('garbage from control is said to be garbage', async (t) => {
  const fake = await fakeControl(t, { 'cloud.list': (_, reply) => reply.type('text/plain').send('<html>') });
  const { code, stdout, stderr } = await runBlanket(fake, ['cloud', 'list']);
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, /control\.bad-answer[\s\S]*another version/);
});

test('every kind of problem has its exit code', async (t) => {
  const kinds = { 'not-allowed': 4, blocked: 5, conflict: 1, 'timed-out': 8, attention: 7 } as const;
  const fake = await fakeControl(t);
  for (const [kind, exit] of Object.entries(kinds)) {
    fake.handlers['image.list'] = () => {
      throw new BlanketError('x.y', 'No.', { kind: kind as keyof typeof kinds });
    };
    t.is((await runBlanket(fake, ['image', 'list'])).code, exit, kind);
  }
});

test('host ssh runs the system ssh with the pinned key only, and exits with its code', async (t) => {
  const fake = await fakeControl(t, {
    'host.ssh': () => ({
      host: '127.0.0.1',
      port: 2201,
      user: 'blanket',
      identityFile: '/k',
      knownHostsFile: '/h',
    }),
  });
  const ssh = join(fake.directory, 'ssh');
  await writeFile(ssh, '#!/bin/sh\necho "$@"\nexit 42\n');
  await chmod(ssh, 0o755);
  const env = { PATH: `${fake.directory}${delimiter}${process.env.PATH}` };
  const { code, stdout } = await runBlanket(fake, ['host', 'ssh', 'east-1', '--', 'ls', '-l'], env);
  t.is(code, 42);
  for (const option of [
    'UserKnownHostsFile=/h',
    'StrictHostKeyChecking=yes',
    'IdentitiesOnly=yes',
    '-i /k',
    '-p 2201',
  ]) {
    t.true(stdout.includes(option), option);
  }
  t.true(stdout.endsWith('blanket@127.0.0.1 ls -l\n'));
});

test('guest forward prints where it listens once ssh says so', async (t) => {
  const fake = await fakeControl(t, {
    'guest.show': () => guest('web1'),
    'host.ssh': () => ({
      host: '127.0.0.1',
      port: 2201,
      user: 'b',
      identityFile: '/k',
      knownHostsFile: '/h',
    }),
  });
  const ssh = join(fake.directory, 'ssh');
  await writeFile(ssh, '#!/bin/sh\necho listening\necho "$@" >&2\n');
  await chmod(ssh, 0o755);
  const env = { PATH: `${fake.directory}${delimiter}${process.env.PATH}` };
  const { code, stdout, stderr } = await runBlanket(fake, ['guest', 'forward', 'web1', '8080:80'], env);
  t.is(code, 0);
  t.is(stdout, '127.0.0.1:8080\n');
  t.regex(stderr, /-N .*-L 127\.0\.0\.1:8080:10\.77\.0\.2:80/);
});

test('a forward that ssh refuses is an error of ours, after its own words', async (t) => {
  const fake = await fakeControl(t, {
    'guest.show': () => guest('web1'),
    'host.ssh': () => ({
      ...{ host: '127.0.0.1', port: 2201, user: 'b', identityFile: '/k', knownHostsFile: '/h' },
    }),
  });
  const ssh = join(fake.directory, 'ssh');
  await writeFile(ssh, '#!/bin/sh\necho "port is taken" >&2\nexit 255\n');
  await chmod(ssh, 0o755);
  const env = { PATH: `${fake.directory}${delimiter}${process.env.PATH}` };
  const { code, stdout, stderr } = await runBlanket(fake, ['guest', 'forward', 'web1', '80'], env);
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, /^port is taken\nerror: .*\n {2}code: guest\.forward-failed/);
});
