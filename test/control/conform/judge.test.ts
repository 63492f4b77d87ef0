import test from 'ava';
import { hostChecks } from '../../../src/control/conform/host-checks.ts';
import { peerChecks } from '../../../src/control/conform/peer-checks.ts';
import type { Check, Measurement } from '../../../src/wire/routes/conform.ts';
import { clock, overhead, peer, well } from './readings.ts';

const all = (before: Measurement, after: Measurement | null): Check[] => [
  ...hostChecks(before, after),
  ...peerChecks(before, after),
];

test('a host on which all is well passes every check, and every check says what it was held to', (t) => {
  const checks = all(well(), well({ bootId: 'boot-2' }));
  t.deepEqual([...new Set(checks.map(({ verdict }) => verdict))], ['ok']);
  t.is(new Set(checks.map(({ name }) => name)).size, checks.length);
  for (const { before, after, reason } of checks) {
    t.truthy(before);
    t.is(before, after);
    t.truthy(reason);
  }
});

test('values read as a person reads them', (t) => {
  const values = all(well(), null).map(({ before }) => before);
  t.deepEqual(values, [
    '20 MB/s',
    '27 MB/s, 90% of raw (30 MB/s)',
    'tsc',
    '+120 ±6 ms',
    '+12 ±150 ppm',
    'kvm, score 70',
    'openstack-kvm: 1 set',
    '120 MiB, 8%',
    '2% of a CPU, 1.2 s a minute',
    '10 MB/s',
    '0% of 40, 2 ms',
    '1500 (needs 1480)',
    '1420 (needs 1420)',
  ]);
});

const disk = { device: '/dev/vda1', write: 20e6, read: 27e6, rawRead: 30e6, bytes: 80e6 };
const path = { address: '192.0.2.1', deviceMtu: 1500, needed: 1480 };
const shim = (outcome: 'set' | 'refused' | 'failed') => ({ shim: 'clock', outcome, detail: 'it is pit' });

type Change = Partial<Measurement>;
const cases: [what: string, change: Change, name: string, verdict: Check['verdict'], reason: RegExp][] = [
  [
    'writing crawls',
    { disk: { value: { ...disk, write: 900e3 } } },
    'disk write',
    'failed',
    /less than 1 MB\/s/,
  ],
  ['writing is just enough', { disk: { value: { ...disk, write: 1e6 } } }, 'disk write', 'ok', /at least/],
  ['files are read at half', { disk: { value: { ...disk, read: 15e6 } } }, 'disk read', 'ok', /at least 50%/],
  [
    'files are read slower',
    { disk: { value: { ...disk, read: 14e6 } } },
    'disk read',
    'failed',
    /less than 50%/,
  ],
  ['nothing is read', { disk: { value: { ...disk, read: 0 } } }, 'disk read', 'failed', /less than 50%/],
  [
    'the device is shut',
    { disk: { value: { device: '/dev/vda', write: 1e7, read: 1e7, bytes: 1, rawRefused: 'Shut.' } } },
    'disk read',
    'skipped',
    /^Shut\.$/,
  ],
  ['dd breaks', { disk: { failed: 'dd broke.' } }, 'disk write', 'failed', /dd broke\./],
  ['the clock runs away', { clock: { value: { ...clock, ppm: 700 } } }, 'clock drift', 'failed', /500 ppm/],
  ['the clock runs back', { clock: { value: { ...clock, ppm: -700 } } }, 'clock drift', 'failed', /500 ppm/],
  ['it may be the line', { clock: { value: { ...clock, ppm: 600 } } }, 'clock drift', 'ok', /500 ppm/],
  [
    'the line is too slow to tell',
    { clock: { value: { ...clock, ppm: 600, ppmUncertainty: 900 } } },
    'clock drift',
    'skipped',
    /took too long/,
  ],
  [
    'it is surely over, however coarse',
    { clock: { value: { ...clock, ppm: 5000, ppmUncertainty: 900 } } },
    'clock drift',
    'failed',
    /500 ppm/,
  ],
  [
    'the clock is wrong',
    { clock: { value: { ...clock, offsetMs: -2100 } } },
    'clock offset',
    'failed',
    /2000 ms/,
  ],
  [
    'the kernel names no clock',
    { clock: { value: { ...clock, source: '' } } },
    'clock source',
    'failed',
    /none/,
  ],
  ['no engine works', { engine: { failed: 'No engine booted.' } }, 'engine', 'failed', /No engine booted/],
  [
    'a shim is not as set',
    { driver: { value: { driver: 'x', shims: [shim('set'), shim('failed')] } } },
    'driver',
    'failed',
    /clock is not as it was set: it is pit/,
  ],
  [
    'a shim is refused',
    { driver: { value: { driver: 'x', shims: [shim('refused')] } } },
    'driver',
    'ok',
    /shim/,
  ],
  [
    'the blanket is fat',
    { overhead: { value: { ...overhead, pssBytes: 0.21 * overhead.memoryTotal } } },
    'blanket memory',
    'failed',
    /20%/,
  ],
  [
    'the blanket is restless',
    { overhead: { value: { ...overhead, cpuMs: 2001 } } },
    'blanket cpu',
    'failed',
    /10%/,
  ],
  [
    'little arrives',
    { peers: [peer('b1', { throughput: { value: { bytes: 1, ms: 4000, perSecond: 1 } } })] },
    'nic throughput, b1',
    'failed',
    /0\.125 MB\/s/,
  ],
  [
    'packets are lost',
    { peers: [peer('b1', { loss: { value: { sent: 40, received: 37, mtu: 1420 } } })] },
    'nic loss, b1',
    'failed',
    /more than 5% of packets of 1420 bytes/,
  ],
  [
    'nothing was sent',
    { peers: [peer('b1', { loss: { value: { sent: 0, received: 0, mtu: 1420 } } })] },
    'nic loss, b1',
    'failed',
    /more than 5%/,
  ],
  [
    'the path is narrow',
    { peers: [peer('b1', { outerPath: { value: { ...path, largest: 1479 } } })] },
    'path mtu, b1',
    'failed',
    /the cloud's path to 192\.0\.2\.1 carries packets of 1479 bytes at most, and the overlay needs 1480/,
  ],
  [
    'the path just does',
    { peers: [peer('b1', { outerPath: { value: { ...path, largest: 1480 } } })] },
    'path mtu, b1',
    'ok',
    /uncut/,
  ],
  [
    'pings are filtered',
    { peers: [peer('b1', { outerPath: { value: path } })] },
    'path mtu, b1',
    'skipped',
    /not answer pings/,
  ],
  [
    'the tunnel is dead',
    { peers: [peer('b1', { tunnelPath: { value: { ...path, address: '10.254.0.2' } } })] },
    'tunnel mtu, b1',
    'failed',
    /nothing passes the tunnel to 10\.254\.0\.2/,
  ],
];

for (const [what, change, name, verdict, reason] of cases) {
  test(`before the reboot: ${what}`, (t) => {
    const check = all(well(change), well()).find((one) => one.name === name);
    t.is(check?.verdict, verdict, check?.reason);
    t.regex(check?.reason ?? '', reason);
  });
  test(`after the reboot only: ${what}`, (t) => {
    const check = all(well(), well(change)).find((one) => one.name === name);
    t.is(check?.verdict, name === 'clock source' ? 'failed' : verdict, check?.reason);
    if (verdict !== 'ok') t.regex(check?.reason ?? '', /^After the reboot: /);
  });
}

test('what a reboot changed for the worse is told', (t) => {
  const after = well({
    engine: { value: { chosen: 'tcg', why: 'kvm cannot be used.', score: 70 } },
    clock: { value: { ...clock, source: 'acpi_pm' } },
  });
  const find = (name: string) => all(well(), after).find((check) => check.name === name);
  t.like(find('engine'), { verdict: 'failed', reason: 'It was kvm; now kvm cannot be used.' });
  t.like(find('clock source'), { verdict: 'failed', reason: 'It was tsc and is acpi_pm now.' });
  const slow = well({ engine: { value: { chosen: 'kvm', why: '', score: 34 } } });
  t.like(
    all(well(), slow).find(({ name }) => name === 'engine'),
    { verdict: 'failed' },
  );
  const scoreless = well({ engine: { value: { chosen: 'kvm', why: '' } } });
  t.like(
    all(scoreless, scoreless).find(({ name }) => name === 'engine'),
    { verdict: 'ok', before: 'kvm' },
  );
});

test('a failed reading counts more than a skipped one', (t) => {
  const before = well({ disk: { skipped: 'No dd.' } });
  const [skipped] = hostChecks(before, well());
  t.like(skipped, { verdict: 'skipped', reason: 'No dd.', before: null });
  const [failed] = hostChecks(before, well({ disk: { failed: 'It broke.' } }));
  t.like(failed, { verdict: 'failed', reason: 'After the reboot: It broke.', before: null, after: null });
});

test('a value that cannot be judged is shown all the same', (t) => {
  const coarse = well({ clock: { value: { ...clock, ppmUncertainty: 900 } } });
  const check = all(coarse, null).find(({ name }) => name === 'clock drift');
  t.like(check, { verdict: 'skipped', before: '+12 ±900 ppm', after: null });
});
