import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readMetadata } from '../../src/cli/guest-metadata.ts';
import { ended, fakeControl, guest, operation } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const control = (t: ExecutionContext) =>
  fakeControl(t, {
    'guest.create': () => operation({ kind: 'guest.create' }),
    'op.show': () => ended('done'),
    'guest.show': () => guest('web1'),
  });

const basic = ['guest', 'create', 'web1', '--image', 'counter', '--host', 'east-1'];
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample me@here';
const other = 'ecdsa-sha2-nistp256 AAAAE2VjZHNh';

test('what was not said is left to control', async (t) => {
  const fake = await control(t);
  const { code, stderr } = await runBlanket(fake, basic);
  t.is(code, 0, stderr);
  t.deepEqual(fake.asked.find(({ route }) => route === 'guest.create')?.body, {
    ...{ name: 'web1', image: 'counter', host: 'east-1', start: true },
  });
});

test('address, firewall, keys and user data are sent', async (t) => {
  const fake = await control(t);
  const files = {
    one: join(fake.directory, 'one.pub'),
    all: join(fake.directory, 'all'),
    data: join(fake.directory, 'd'),
  };
  await writeFile(files.one, `${key}\n`);
  await writeFile(files.all, `# both\r\n${other}\r\n\r\n${key}\r\n`);
  await writeFile(files.data, '#cloud-config\nhostname: ö\n');
  const more = ['--address', '10.77.0.20', '--allow', 'tcp/22', '--allow', 'icmp from 10.0.0.0/8'];
  const given = ['--ssh-key', files.one, '--ssh-key', files.all, '--user-data', files.data];
  const { code, stderr } = await runBlanket(fake, [...basic, ...more, ...given]);
  t.is(code, 0, stderr);
  t.notRegex(stderr, /warning/);
  t.deepEqual(fake.asked.find(({ route }) => route === 'guest.create')?.body, {
    ...{ name: 'web1', image: 'counter', host: 'east-1', start: true, address: '10.77.0.20' },
    allow: [
      { protocol: 'tcp', ports: { first: 22, last: 22 } },
      { protocol: 'icmp', from: '10.0.0.0/8' },
    ],
    metadata: { sshKeys: [key, other], userData: '#cloud-config\nhostname: ö\n' },
  });
});

test('user data that cloud-init would do nothing with is warned about, and sent', async (t) => {
  const fake = await control(t);
  const file = join(fake.directory, 'data');
  await writeFile(file, 'packages: [vim]\n');
  const { code, stderr } = await runBlanket(fake, [...basic, '--user-data', file]);
  t.is(code, 0);
  t.regex(stderr, /^warning: .*data begins with nothing that cloud-init acts on/);
  t.like(fake.asked.find(({ route }) => route === 'guest.create')?.body, {
    metadata: { sshKeys: [], userData: 'packages: [vim]\n' },
  });
});

const bad: [what: string, option: string, content: string | Uint8Array | null, code: string, says: RegExp][] =
  [
    [
      'a private key',
      '--ssh-key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\n',
      'guest.bad-ssh-key',
      /next: .*\.pub/,
    ],
    ['no key', '--ssh-key', '# none\n', 'guest.bad-ssh-key', /holds no key/],
    ['a key with options', '--ssh-key', `${key}\nno-pty ${key}\n`, 'guest.bad-ssh-key', /Line 2 of/],
    ['keys in no file', '--ssh-key', null, 'guest.file-unreadable', /cannot be read/],
    ['data in no text', '--user-data', new Uint8Array([0x1f, 0x8b, 0xff]), 'guest.file-unreadable', /UTF-8/],
    ['too much data', '--user-data', 'x'.repeat(65_537), 'guest.bad-user-data', /too long/],
  ];
for (const [what, option, content, code, says] of bad) {
  test(`refused before control is asked: ${what}`, async (t) => {
    const fake = await control(t);
    const file = join(fake.directory, 'file');
    if (content !== null) await writeFile(file, content);
    const ran = await runBlanket(fake, [...basic, option, file]);
    t.is(ran.code, 2);
    t.regex(ran.stderr, new RegExp(`code: ${code.replace('.', '\\.')}`));
    t.regex(ran.stderr, says);
    t.deepEqual(fake.asked, []);
  });
}

test('no file, no metadata', async (t) => {
  t.deepEqual(await readMetadata([]), {});
});
