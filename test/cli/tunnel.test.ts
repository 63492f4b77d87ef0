import test from 'ava';
import type { Tunnels } from '../../src/wire/routes/network.ts';
import { fakeControl, host, status } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const found: Tunnels = {
  mtu: 1420,
  tunnels: [
    ...[{ hosts: ['east-1', 'north-1'], state: 'relayed', via: 'west-1' } as const].map((way) => ({
      ...{ ...way, hosts: [...way.hosts] as [string, string], handshakeSecondsAgo: null, bytes: 0 },
    })),
    { hosts: ['east-1', 'west-1'], state: 'direct', via: null, handshakeSecondsAgo: 73, bytes: 3 * 2 ** 20 },
  ],
  silent: [{ host: 'south-1', why: 'Control cannot reach it.' }],
  warnings: [{ code: 'network.mtu-too-large', kind: 'blocked', message: 'lan is too wide.' }],
};

test('ways between hosts as a table, and what is amiss on stderr', async (t) => {
  const fake = await fakeControl(t, { 'tunnel.list': () => found });
  const { code, stdout, stderr } = await runBlanket(fake, ['tunnel', 'list']);
  t.is(code, 0);
  t.is(
    stdout,
    'HOSTS             STATE    VIA     HANDSHAKE  TRAFFIC\n' +
      'east-1 – north-1  relayed  west-1          -      0 B\n' +
      'east-1 – west-1   direct   -        73 s ago    3 MiB\n',
  );
  t.regex(stderr, /Host south-1 was not heard: Control cannot reach it\./);
  t.regex(stderr, /warning: lan is too wide\.\n {2}code: network\.mtu-too-large/);
});

test('and as JSON, whole', async (t) => {
  const fake = await fakeControl(t, { 'tunnel.list': () => found });
  const { stdout } = await runBlanket(fake, ['tunnel', 'list', '-o', 'json']);
  t.deepEqual(JSON.parse(stdout), found);
});

test('a new key is asked for by name', async (t) => {
  const fake = await fakeControl(t, { 'host.rotate-key': () => host('east-1') });
  const { code, stderr } = await runBlanket(fake, ['host', 'rotate-key', 'east-1']);
  t.is(code, 0);
  t.regex(stderr, /Host east-1 has a new key/);
  t.deepEqual(fake.asked.at(-1)?.params, { name: 'east-1' });
});

test('blanket status names hosts that do not reach each other directly', async (t) => {
  const detours = [
    { hosts: ['a', 'b'], via: 'c' },
    { hosts: ['a', 'd'], via: null },
  ];
  const fake = await fakeControl(t, { status: () => ({ ...status, detours }) });
  const { stdout } = await runBlanket(fake, ['status']);
  t.regex(stdout, /^a – b: +relayed through c$/m);
  t.regex(stdout, /^a – d: +no way between them/m);
});
