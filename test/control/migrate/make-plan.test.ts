import test, { type ExecutionContext } from 'ava';
import { makePlan } from '../../../src/control/migrate/make-plan.ts';
import type { GuestRecord, HostRecord, NetworkRecord } from '../../../src/control/store/records.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { Finding } from '../../../src/wire/migration-plan.ts';
import { defaultObjective, type Objective } from '../../../src/wire/objective.ts';
import { planRig, status, survey, usual, view, way } from './plan-rig.ts';

type Change = {
  a1?: Record<string, () => unknown>;
  b1?: Record<string, () => unknown>;
  guest?: Partial<GuestRecord>;
  destination?: Partial<HostRecord>;
  network?: Partial<NetworkRecord>;
  objective?: Partial<Objective>;
};

function setUp(t: ExecutionContext, { a1, b1, guest, destination, network, objective }: Change = {}) {
  const well = usual();
  const rig = planRig(t, { a1: { ...well.a1, ...a1 }, b1: { ...well.b1, ...b1 } }, guest);
  if (destination !== undefined) rig.store.hosts.update('b1', destination);
  if (network !== undefined) rig.store.networks.update('lan', network);
  const wish = { guest: 'web1', destination: 'b1', objective: { ...defaultObjective, ...objective } };
  return { ...rig, wish, make: () => makePlan(rig.services, wish) };
}

const idsOf = (findings: readonly Finding[]) => findings.map(({ level, id }) => `${level} ${id}`);
const fails = () => {
  throw new BlanketError('ssh.unreachable', 'Nobody answers.');
};
const tcg = { guest: { engine: 'tcg' } } as const;
const oldQemu = { 'host.status': () => ({ ...status, qemu: '7.2.22' }) };

const cases: [what: string, change: Change, findings: string[]][] = [
  ['all is well', {}, []],
  ['it is stopped', { guest: { state: 'stopped' } }, ['blocker migrate.not-running']],
  [
    'the destination is away',
    { destination: { state: 'unreachable' } },
    ['blocker migrate.destination-down'],
  ],
  ['the engines differ', { destination: { engine: 'xen' } }, ['blocker migrate.other-engine']],
  [
    'the name is taken',
    { b1: { 'guest.view': () => ({ ...view, state: 'stopped' }) } },
    ['blocker migrate.name-taken'],
  ],
  [
    'memory and disk are short',
    { b1: { 'host.status': () => ({ ...status, memoryFree: 2 ** 26, diskFree: 2 ** 26 }) } },
    ['blocker migrate.no-memory', 'blocker migrate.no-disk'],
  ],
  [
    'the image takes the room',
    {
      b1: {
        'image.list': () => ({ images: [] }),
        'host.status': () => ({ ...status, diskFree: 100 * 2 ** 20 }),
      },
    },
    ['blocker migrate.no-disk', 'warning migrate.image-absent'],
  ],
  ['emulated, an old source', { ...tcg, a1: oldQemu }, ['blocker migrate.emulated-live']],
  [
    'emulated, an old destination',
    { ...tcg, b1: oldQemu },
    ['blocker migrate.emulated-live', 'warning migrate.older-qemu'],
  ],
  ['emulated, paused for the copy', { ...tcg, a1: oldQemu, objective: { mode: 'suspend' } }, []],
  ['emulated by a new QEMU', tcg, []],
  ['not emulated, an old QEMU', { a1: oldQemu }, []],
  [
    'an older libvirt',
    { b1: { 'host.status': () => ({ ...status, libvirt: '9.0.0' }) } },
    ['warning migrate.older-libvirt'],
  ],
  [
    'a machine that the destination lacks',
    { b1: { 'plan.destination': () => ({ machines: ['pc-q35-9.0'] }) } },
    ['blocker migrate.machine-missing'],
  ],
  [
    'devices and snapshots',
    { a1: { 'plan.source': () => ({ ...survey, stuck: ['a hostdev', 'an shmem'], snapshots: 2 }) } },
    ['blocker migrate.device-stuck', 'blocker migrate.device-stuck', 'blocker migrate.snapshots'],
  ],
  [
    'a network that the destination cannot carry',
    {
      b1: {
        'host.status': () => ({
          ...status,
          warnings: [
            { code: 'network.overlap', kind: 'conflict', message: 'In the way.', data: { network: 'lan' } },
            { code: 'network.overlap', kind: 'conflict', message: 'Not of it.', data: { network: 'lab' } },
          ],
        }),
      },
    },
    ['blocker migrate.network-overlap'],
  ],
  ['a way out that changes', { network: { isolated: false } }, ['warning migrate.way-out-changes']],
  ['a way out that stays', { network: { isolated: false, egress: 'a1' } }, []],
  [
    'an announcement',
    { b1: { 'host.status': () => ({ ...status, notices: [{ kind: 'reclaim', detail: 'Soon.' }] }) } },
    ['warning migrate.host-notice'],
  ],
  [
    'a clock that is off',
    { b1: { 'conform.now': () => ({ unixMs: Date.now() + 3_600_000 }) } },
    ['warning migrate.time-skew'],
  ],
  ['a clock that cannot be read', { a1: { 'conform.now': fails } }, ['warning migrate.time-unread']],
  ['a way that cannot be measured', { b1: { 'plan.path-sink': fails } }, ['warning migrate.path-unmeasured']],
  [
    'a way that took no time',
    { a1: { 'plan.path-send': () => ({ ...way, bytesPerSecond: 0 }) } },
    ['warning migrate.path-unmeasured'],
  ],
  [
    'a slow way',
    { a1: { 'plan.path-send': () => ({ ...way, bytesPerSecond: 1e6 }) } },
    ['warning migrate.slow-path'],
  ],
  [
    'a way of which little was measured',
    { a1: { 'plan.path-send': () => ({ ...way, bytesPerSecond: 2.5e5, bytes: 700_000 }) } },
    ['warning migrate.path-unsure'],
  ],
  [
    'writing that is not measured',
    {
      a1: { 'plan.source': () => ({ ...survey, dirtyBytesPerSecond: null, dirtyUnmeasured: 'It is old.' }) },
    },
    ['warning migrate.dirty-unmeasured'],
  ],
  [
    'writing faster than the way',
    { a1: { 'plan.source': () => ({ ...survey, dirtyBytesPerSecond: 2e7 }) } },
    ['warning migrate.never-converges'],
  ],
  [
    'writing faster than it may be sent',
    {
      a1: { 'plan.source': () => ({ ...survey, dirtyBytesPerSecond: 5e6 }) },
      objective: { bandwidthBps: 2 ** 22 },
    },
    ['warning migrate.never-converges'],
  ],
  [
    'writing fast, and paused for the copy',
    {
      a1: { 'plan.source': () => ({ ...survey, dirtyBytesPerSecond: 2e7 }) },
      objective: { mode: 'suspend' },
    },
    [],
  ],
  [
    'compression that a host cannot do',
    { b1: { 'host.status': () => ({ ...status, libvirt: '9.0.0' }) }, objective: { compress: 'zstd' } },
    ['blocker migrate.compress-unable', 'warning migrate.older-libvirt'],
  ],
  [
    'compression with an agent that does not know of it',
    { b1: { 'plan.destination': () => ({ machines: [] }) }, objective: { compress: 'zstd' } },
    ['blocker migrate.compress-unable'],
  ],
  ['compression that can be', { objective: { compress: 'zstd' } }, []],
  ['the source cannot be asked', { a1: { 'host.status': fails } }, ['blocker migrate.host-unread']],
  ['the destination cannot be asked', { b1: { 'guest.view': fails } }, ['blocker migrate.host-unread']],
  [
    'an older agent at the destination',
    { b1: { 'plan.destination': fails } },
    ['warning migrate.survey-unread'],
  ],
];

for (const [what, change, findings] of cases) {
  test(`a plan finds: ${what}`, async (t) => {
    const made = await setUp(t, change).make();
    t.deepEqual(idsOf(made.findings), findings);
    t.is(
      made.blocked,
      findings.some((one) => one.startsWith('blocker')),
    );
    for (const { message, next } of made.findings) {
      t.regex(message, /[.:!?]$/);
      t.true(next.length > 0);
    }
  });
}

test('a plan tells what was measured', async (t) => {
  const { readings } = await setUp(t).make();
  t.like(readings, {
    ...{ path: way, dirtyBytesPerSecond: 0, memoryBytes: 128 * 2 ** 20, residentBytes: 100 * 2 ** 20 },
    ...{ diskBytes: 4 * 2 ** 20, imageBytes: 0 },
  });
});

test('a plan tells what it chose: compression on a slow way alone', async (t) => {
  const over = (bytesPerSecond: number) => ({ a1: { 'plan.path-send': () => ({ ...way, bytesPerSecond }) } });
  const slow = await setUp(t, over(2e6)).make();
  t.like(slow.choice, { compression: 'zstd', connections: 1 });
  t.like(slow.readings?.compressing, { source: { cpus: 2 }, destination: { cpus: 2 } });
  const fast = await setUp(t, over(1e8)).make();
  t.like(fast.choice, { compression: 'none' });
  t.true((slow.prediction?.memoryBytes?.likely ?? 0) < (fast.prediction?.memoryBytes?.likely ?? 0) / 2);
});

test('a way is measured once for a while', async (t) => {
  const { make, asked } = setUp(t);
  await make();
  await make();
  t.is(asked.filter((call) => call.endsWith('plan.path-send')).length, 1);
});

test('a destination that is not ready is not asked, and a plan changes nothing', async (t) => {
  const { make, asked, store } = setUp(t, { destination: { state: 'unreachable' } });
  const before = [store.guests.list(), store.hosts.list()];
  t.is((await make()).readings, null);
  t.deepEqual(asked, []);
  t.deepEqual([store.guests.list(), store.hosts.list()], before);
});
