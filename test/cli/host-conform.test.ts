import test from 'ava';
import { conformanceText } from '../../src/cli/print/conformance.ts';
import type { Check, Conformance, Measurement } from '../../src/wire/routes/conform.ts';
import { ended, fakeControl, operation } from '../api-client/fake-control.ts';
import { runBlanket } from './run-blanket.ts';

const time = '2026-01-02T03:04:05.000Z';
const nothing = { skipped: 'Not measured.' };
const measurement: Measurement = {
  ...{ at: time, bootId: 'b', peers: [] },
  ...{ disk: nothing, clock: nothing, engine: nothing, driver: nothing, overhead: nothing },
};

const check = (name: string, verdict: Check['verdict'], reason = 'held to something'): Check => ({
  ...{ name, before: '20 MB/s', after: verdict === 'skipped' ? null : '19 MB/s', verdict, reason },
});

const record = (checks: Check[], change: Partial<Conformance> = {}): Conformance => ({
  ...{ operation: 'op-1', host: 'east-1', startedAt: time, endedAt: time, rebooted: true, rebootMs: 61_000 },
  ok: checks.every(({ verdict }) => verdict !== 'failed'),
  ...{ cloud: 'east', cloudType: 'local', profile: 'vmware', driver: 'vmware' },
  versions: {
    blanket: '0.1.0',
    agent: '0.1.0',
    kernel: '6.12',
    libvirt: '11.3.0',
    qemu: '10.0.0',
    node: 'v20',
  },
  ...{ checks, kept: nothing, before: measurement, after: measurement, ...change },
});

const good = record([check('disk write', 'ok')]);
const bad = record([
  check('disk write', 'ok'),
  check('engine', 'failed', 'It was kvm.'),
  check('nic', 'skipped'),
]);

test('a run is begun, followed to its end, and its record printed', async (t) => {
  const fake = await fakeControl(t, {
    'host.conform': () => operation({ kind: 'host.conform', subject: 'host/east-1' }),
    'op.show': () => ended('done'),
    'host.conformance': () => good,
  });
  const { code, stdout } = await runBlanket(fake, ['host', 'conform', 'east-1', '--boot-timeout', '90s']);
  t.is(code, 0);
  t.is(stdout, conformanceText(good));
  t.deepEqual(fake.asked.find(({ route }) => route === 'host.conform')?.body, {
    reboot: true,
    bootTimeoutMs: 90_000,
  });
});

test('a failed check has an exit code of its own, in every format', async (t) => {
  const fake = await fakeControl(t, { 'host.conformance': () => bad });
  const table = await runBlanket(fake, ['host', 'conform', 'east-1', '--last']);
  t.is(table.code, 9);
  t.regex(table.stdout, /^conforms: +no \(1 ok, 1 failed, 1 skipped\)$/m);
  t.regex(table.stdout, /^failed: engine: It was kvm\.\nskipped: nic: held to something\n$/m);
  const json = await runBlanket(fake, ['host', 'conform', 'east-1', '--last', '-o', 'json']);
  t.is(json.code, 9);
  t.deepEqual(JSON.parse(json.stdout), bad);
  t.false(fake.asked.some(({ route }) => route === 'host.conform'));
});

test('a run that ends in trouble prints no record', async (t) => {
  const problem = { code: 'host.not-back', kind: 'attention' as const, message: 'It stays away.' };
  const fake = await fakeControl(t, {
    'host.conform': () => operation({ kind: 'host.conform' }),
    'op.show': () => ended('attention', problem),
    'host.conformance': () => good,
  });
  const { code, stdout, stderr } = await runBlanket(fake, ['host', 'conform', 'east-1']);
  t.is(code, 7);
  t.is(stdout, '');
  t.regex(stderr, /It stays away\./);
});

test('it can be left running, and be told not to reboot', async (t) => {
  const fake = await fakeControl(t, { 'host.conform': () => operation({ kind: 'host.conform' }) });
  const { code, stdout } = await runBlanket(fake, ['host', 'conform', 'east-1', '--no-reboot', '--detach']);
  t.is(code, 0);
  t.is(stdout, 'op-1\n');
  t.deepEqual(fake.asked.find(({ route }) => route === 'host.conform')?.body, { reboot: false });
});

test('the table has both values and the verdict of each check', (t) => {
  t.is(
    conformanceText(good),
    [
      'host:     east-1',
      'cloud:    east (local, vmware)',
      'driver:   vmware',
      'kernel:   6.12',
      'versions: blanket 0.1.0, libvirt 11.3.0, QEMU 10.0.0, Node v20',
      `measured: ${time}`,
      'reboot:   61.0 s',
      'conforms: yes (1 ok)',
      '',
      'CHECK       BEFORE   AFTER    VERDICT',
      'disk write  20 MB/s  19 MB/s  ok',
      '',
    ].join('\n'),
  );
  const unrebooted = conformanceText(record([], { rebootMs: null, profile: null, cloudType: 'ssh' }));
  t.regex(unrebooted, /^cloud: +east \(ssh\)$/m);
  t.regex(unrebooted, /^reboot: +none$/m);
});
