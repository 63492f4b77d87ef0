import test from 'ava';
import {
  type ChoiceCase,
  chooseCopy,
  compressingBps,
  whyUnable,
} from '../../../src/control/migrate/choose-copy.ts';
import { compressFindings } from '../../../src/control/migrate/findings/compress.ts';
import { wayFor } from '../../../src/control/migrate/way.ts';
import { defaultObjective } from '../../../src/wire/objective.ts';

const versions = { qemu: '10.0.3', libvirt: '11.3.0' };
const slow = { bytesPerSecond: 1e7, cpus: 2 };
const quick = { bytesPerSecond: 3e8, cpus: 8 };

type Change = {
  way?: [bytesPerSecond: number, rttMs: number] | null;
  objective?: Partial<ChoiceCase['objective']>;
  both?: typeof slow | undefined;
  source?: Partial<ChoiceCase['source']>;
  destination?: Partial<ChoiceCase['destination']>;
  engine?: ChoiceCase['engine'];
  share?: number;
};

function caseOf({
  way = [2.5e6, 40],
  both = slow,
  engine = 'kvm',
  share = 0.33,
  ...change
}: Change): ChoiceCase {
  return {
    ...{ engine, share, objective: { ...defaultObjective, ...change.objective } },
    path: way === null ? null : { bytesPerSecond: way[0], rttMs: way[1], bytes: 1 },
    source: { name: 'a1', ...versions, compressing: both, ...change.source },
    destination: { name: 'b1', ...versions, compressing: both, ...change.destination },
  };
}

const choices: [what: string, change: Change, compression: 'none' | 'zstd', connections: number][] = [
  ['emulated hosts and a slow way', {}, 'zstd', 1],
  ['post-copy is allowed', { objective: { onTimeout: 'postcopy', maxTotalMs: 60_000 } }, 'none', 1],
  ['emulated hosts and a fast way', { way: [1e8, 0.3] }, 'none', 1],
  ['a way as fast as the processors', { way: [9e6, 1] }, 'none', 1],
  ['quick hosts and 100 Mbit/s', { both: quick, way: [1.2e7, 40] }, 'zstd', 1],
  ['quick hosts and 1 Gbit/s: two CPUs compress', { both: quick, way: [1.2e8, 1] }, 'zstd', 2],
  ['quick hosts and more than they compress', { both: quick, way: [3e9, 0.1] }, 'none', 1],
  ['much on its way', { both: quick, way: [3e9, 1] }, 'none', 4],
  ['much on its way, few CPUs', { way: [1e8, 40] }, 'none', 2],
  ['much on its way, and compressed', { both: quick, way: [1e8, 40] }, 'zstd', 4],
  [
    'a low limit, which QEMU keeps to uncompressed alone',
    { objective: { bandwidthBps: 2 ** 21 } },
    'none',
    1,
  ],
  [
    'a limit makes a fast way slow',
    { both: quick, way: [3e9, 1], objective: { bandwidthBps: 30 * 2 ** 20 } },
    'zstd',
    1,
  ],
  ['memory that does not shrink', { share: 0.9 }, 'none', 1],
  ['one CPU', { both: { bytesPerSecond: 1e7, cpus: 1 } }, 'zstd', 1],
  [
    'a destination too slow to unpack',
    { destination: { compressing: { bytesPerSecond: 1e6, cpus: 2 } } },
    'none',
    1,
  ],
  ['a way that was not measured', { way: null }, 'none', 1],
  ['an old libvirt', { destination: { libvirt: '9.3.0' } }, 'none', 1],
  ['an old QEMU', { source: { qemu: '8.0.5' } }, 'none', 1],
  ['an old agent', { destination: { compressing: undefined } }, 'none', 1],
  ['Xen', { engine: 'xen' }, 'none', 1],
  ['asked for: zstd', { way: [1e8, 0.3], objective: { compress: 'zstd' } }, 'zstd', 1],
  ['asked for: none', { objective: { compress: 'none' } }, 'none', 1],
  ['asked for: connections', { objective: { connections: 3 } }, 'zstd', 3],
];

for (const [what, change, compression, connections] of choices) {
  test(`chosen: ${what}`, (t) => {
    const choice = chooseCopy(caseOf(change));
    t.like(choice, { compression, connections });
    t.regex(choice.why, /^[A-Zl\d].*\.$/);
  });
}

test('what was chosen says by which numbers', (t) => {
  t.is(
    chooseCopy(caseOf({})).why,
    '2.50 MB/s go through, and the hosts compress 10.0 MB/s: compressed, memory goes about 3.0 times as fast if it shrinks to 33 %.',
  );
  t.regex(
    chooseCopy(caseOf({ both: quick, way: [1.2e8, 1] })).why,
    / 2 connections, so that as many CPUs compress\.$/,
  );
  t.regex(
    chooseCopy(caseOf({ both: quick, way: [3e9, 1] })).why,
    / 4 connections, since one alone may not fill the way\.$/,
  );
});

test('half of the CPUs are left to guests, and each connection has one', (t) => {
  const both = { source: quick, destination: quick };
  t.is(compressingBps(both, 1), 3e8);
  t.is(compressingBps(both, 16), 12e8);
  t.is(compressingBps({ source: quick, destination: slow }, 4), 2e7);
  t.is(compressingBps({ source: quick }, 4), 0);
});

test('only what was asked for is refused where it cannot be', (t) => {
  const old = { destination: { libvirt: '9.0.0' } };
  t.regex(whyUnable(caseOf(old)) ?? '', /libvirt 9\.0\.0 on b1/);
  t.deepEqual(compressFindings(caseOf(old)), []);
  t.deepEqual(compressFindings(caseOf({ objective: { compress: 'zstd' } })), []);
  const [found] = compressFindings(caseOf({ ...old, objective: { compress: 'zstd' } }));
  t.like(found, { id: 'migrate.compress-unable', level: 'blocker' });
});

test('the way has what was chosen; a suspended guest is not slowed down', (t) => {
  const chosen = { connections: 2, compression: 'zstd' } as const;
  t.deepEqual(wayFor(defaultObjective, chosen), { suspended: false, autoConverge: true, ...chosen });
  t.deepEqual(wayFor({ ...defaultObjective, mode: 'suspend' }, chosen), {
    ...{ suspended: true, autoConverge: false, ...chosen },
  });
});
