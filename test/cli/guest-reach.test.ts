import test from 'ava';
import type { PublishedPort } from '../../src/wire/network.ts';
import { fakeControl, guest } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const away = {
  ...{ code: 'host.not-told', kind: 'blocked', message: 'west-1 cannot be told now: it waits.' },
  ...{ next: 'See `blanket host show west-1`.', data: { host: 'west-1' } },
};

const firewall = {
  'guest.show': () => guest('web1', { allow: [{ protocol: 'icmp' }] }),
  'guest.firewall': ({ body }: { body: unknown }) => ({
    ...guest('web1'),
    ...(body as object),
    warnings: [],
  }),
};

const wishes: [args: string[], allow: unknown, shows: string][] = [
  [
    ['--allow', 'tcp/22,icmp from fd00::/8', '--allow', 'tcp/8000-8010'],
    [
      { protocol: 'tcp', ports: { first: 22, last: 22 }, from: 'fd00::/8' },
      { protocol: 'icmp', from: 'fd00::/8' },
      { protocol: 'tcp', ports: { first: 8000, last: 8010 } },
    ],
    'firewall: tcp/22,icmp from fd00::/8\nfirewall: tcp/8000-8010\n',
  ],
  [['--deny-all'], [], 'firewall: closed to all\n'],
  [['--allow-all'], null, 'firewall: open to all\n'],
];
for (const [args, allow, shows] of wishes) {
  test(`guest firewall ${args.join(' ')}`, async (t) => {
    const fake = await fakeControl(t, firewall);
    const { code, stdout, stderr } = await runBlanket(fake, ['guest', 'firewall', 'web1', ...args]);
    t.is(code, 0, stderr);
    t.deepEqual(fake.asked.find(({ route }) => route === 'guest.firewall')?.body, { allow });
    t.is(stdout, `name:     web1\n${shows}`);
  });
}

test('guest firewall without options shows, and changes nothing', async (t) => {
  const fake = await fakeControl(t, firewall);
  const { stdout } = await runBlanket(fake, ['guest', 'firewall', 'web1']);
  t.is(stdout, 'name:     web1\nfirewall: icmp\n');
  t.false(fake.asked.some(({ route }) => route === 'guest.firewall'));
});

const misuse: [args: string[], says: RegExp][] = [
  [['firewall', 'web1', '--allow', 'tcp/22,ssh'], /At character 8, `ssh`/],
  [['firewall', 'web1', '--allow', 'tcp/22', 'from', '10.0.0.0/8'], /too many arguments/i],
  [['firewall', 'web1', '--allow', 'tcp/22', '--deny-all'], /cannot be used with/],
  [['firewall', 'web1', '--allow-all', '--deny-all'], /cannot be used with/],
  [['publish', 'web1', '80'], /like 80:80/],
  [['publish', 'web1', '80:80', '--on', 'east-1', 'West'], /1 to 40 characters/],
  [['unpublish', 'web1', '8080:80'], /port of the hosts is enough/],
  [['ssh', 'web1', '-p', '0'], /`0` is not a TCP port/],
  [['create', 'web1', '--image', 'i', '--host', 'h', '--address', '10.77.0'], /IPv4 address/],
  [['create', 'web1', '--image', 'i', '--host', 'h', '--allow', 'http'], /begins with tcp, udp/],
];
for (const [args, says] of misuse) {
  test(`misuse asks control for nothing: guest ${args.join(' ')}`, async (t) => {
    const fake = await fakeControl(t);
    const { code, stderr } = await runBlanket(fake, ['guest', ...args]);
    t.is(code, 2);
    t.regex(stderr, says);
    t.deepEqual(fake.asked, []);
  });
}

test('more rules than a guest takes are refused before anything is asked', async (t) => {
  const fake = await fakeControl(t);
  const sources = Array.from({ length: 65 }, (_, index) => `10.0.0.${index}`).join(',');
  const args = ['guest', 'firewall', 'web1', '--allow', `tcp/22 from ${sources}`];
  const { code, stderr } = await runBlanket(fake, args);
  t.is(code, 2);
  t.regex(stderr, /at most 64/);
  t.false(fake.asked.some(({ route }) => route === 'guest.firewall'));
});

const published: PublishedPort = { protocol: 'tcp', port: 8080, toPort: 80, hosts: ['east-1', 'west-1'] };

test('guest publish says where, warns on stderr, and has the warnings in data', async (t) => {
  const fake = await fakeControl(t, {
    'guest.publish': () => ({ ...guest('web1', { published: [published] }), warnings: [away] }),
  });
  const args = ['guest', 'publish', 'web1', '8080:80', '--on', 'east-1', 'west-1'];
  const plain = await runBlanket(fake, args);
  t.is(plain.code, 0, plain.stderr);
  t.deepEqual(fake.asked.find(({ route }) => route === 'guest.publish')?.body, published);
  t.is(plain.stdout, 'name:      web1\nfirewall:  open to all\npublished: 8080:80/tcp on east-1, west-1\n');
  t.regex(plain.stderr, /^warning: west-1 cannot be told now.*\n {2}code: host\.not-told\n {2}next: See/);
  const json = await runBlanket(fake, [...args, '-o', 'json']);
  t.like(JSON.parse(json.stdout), { published: [published], warnings: [away] });
});

test('guest publish on every host, for UDP; and hosts as a list', async (t) => {
  const fake = await fakeControl(t, { 'guest.publish': () => ({ ...guest('web1'), warnings: [] }) });
  const every = await runBlanket(fake, ['guest', 'publish', 'web1', '53:5353/udp', '-o', 'json']);
  t.is(every.code, 0, every.stderr);
  t.false('warnings' in JSON.parse(every.stdout));
  await runBlanket(fake, ['guest', 'publish', 'web1', '1:2', '--on', 'a,b', '--on', 'c']);
  const bodies = fake.asked.filter(({ route }) => route === 'guest.publish').map(({ body }) => body);
  t.deepEqual(bodies, [
    { protocol: 'udp', port: 53, toPort: 5353, hosts: null },
    { protocol: 'tcp', port: 1, toPort: 2, hosts: ['a', 'b', 'c'] },
  ]);
});

test('guest unpublish names the port of the hosts and its protocol', async (t) => {
  const fake = await fakeControl(t, { 'guest.unpublish': () => ({ ...guest('web1'), warnings: [] }) });
  const { code, stderr } = await runBlanket(fake, ['guest', 'unpublish', 'web1', '5353/udp']);
  t.is(code, 0, stderr);
  const asked = fake.asked.find(({ route }) => route === 'guest.unpublish');
  t.deepEqual(asked?.params, { name: 'web1', protocol: 'udp', port: '5353' });
});

test('guest show tells how the guest is reached, and what it was told', async (t) => {
  const change = {
    nics: [{ network: 'lan', mac: '52:54:00:00:00:01', address: '10.77.0.10', address6: 'fd77::a' }],
    published: [published, { ...published, protocol: 'udp' as const, hosts: null }],
    allow: [{ protocol: 'tcp' as const }],
    metadata: { sshKeys: ['ssh-ed25519 AAAA me'], userData: '#!/bin/sh' },
  };
  const fake = await fakeControl(t, { 'guest.show': () => guest('web1', change) });
  const { stdout } = await runBlanket(fake, ['guest', 'show', 'web1']);
  t.regex(stdout, /^nic: +10\.77\.0\.10, fd77::a on lan \(52:54:00:00:00:01\)$/m);
  t.regex(stdout, /^firewall: +tcp$/m);
  t.regex(stdout, /^published: +8080:80\/tcp on east-1, west-1\npublished: +8080:80\/udp on every host$/m);
  t.regex(stdout, /^metadata: +1 SSH key\(s\), 9 B of user data$/m);
});
