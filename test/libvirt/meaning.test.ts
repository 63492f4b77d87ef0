/** From libvirt's numbers and names to words, and back. */
import test from 'ava';
import { migrateFlags } from '../../src/libvirt/constants.ts';
import { describeLifecycle, describeState } from '../../src/libvirt/domain-states.ts';
import { toJobStats } from '../../src/libvirt/job-stats.ts';
import { toMemoryStats } from '../../src/libvirt/memory-stats.ts';
import { destinationFlags } from '../../src/libvirt/migration.ts';
import { toTyped } from '../../src/libvirt/migration-parameters.ts';

test('states and events have names, and numbers when they are newer than this client', (t) => {
  t.deepEqual(describeState(3, 2), { state: 'paused', reason: 'migration', code: 3, reasonCode: 2 });
  t.deepEqual(describeState(99, 5), { state: 'unknown', reason: 'unknown', code: 99, reasonCode: 5 });
  t.deepEqual(describeLifecycle(5, 3), { event: 'stopped', detail: 'migrated', code: 5, detailCode: 3 });
  t.like(describeLifecycle(99, 0), { event: 'unknown', detail: 'unknown', code: 99 });
  t.like(describeLifecycle(-1, -1), { event: 'unknown', detail: 'unknown' });
});

test('job statistics have what was reported and nothing else', (t) => {
  const stats = toJobStats(2, [
    { field: 'operation', type: 'int', value: 5 },
    { field: 'time_elapsed', type: 'ullong', value: 1_500n },
    { field: 'memory_remaining', type: 'ullong', value: 4_096n },
    { field: 'disk_bps', type: 'ullong', value: 10n },
    { field: 'errmsg', type: 'string', value: 'why' },
    { field: 'unheard_of', type: 'boolean', value: true },
  ]);
  t.deepEqual(stats, {
    type: 'unbounded',
    operation: 'migration-out',
    timeElapsedMs: 1_500,
    data: {},
    memory: { remainingBytes: 4_096 },
    disk: { bytesPerSecond: 10 },
    errorMessage: 'why',
    parameters: {
      operation: 5,
      time_elapsed: 1_500,
      memory_remaining: 4_096,
      disk_bps: 10,
      errmsg: 'why',
      unheard_of: true,
    },
  });
  t.deepEqual(toJobStats(0, []), {
    type: 'none',
    operation: 'unknown',
    data: {},
    memory: {},
    disk: {},
    parameters: {},
  });
});

test('memory statistics of unknown tags are left out', (t) => {
  const stats = [
    { tag: 6, value: 1024 },
    { tag: 99, value: 1 },
  ];
  t.deepEqual(toMemoryStats(stats), { actualBalloonKiB: 1024 });
});

test('migration parameters get their names and types; lists repeat their name', (t) => {
  t.deepEqual(
    toTyped({
      uri: 'tcp://h',
      bandwidthMiBps: 9,
      disksPort: 49_200,
      migrateDisks: ['vda', 'vdb'],
      destinationName: undefined,
      more: [{ field: 'new', type: 'boolean', value: true }],
    }),
    [
      { field: 'migrate_uri', type: 'string', value: 'tcp://h' },
      { field: 'bandwidth', type: 'ullong', value: 9n },
      { field: 'disks_port', type: 'int', value: 49_200 },
      { field: 'migrate_disks', type: 'string', value: 'vda' },
      { field: 'migrate_disks', type: 'string', value: 'vdb' },
      { field: 'new', type: 'boolean', value: true },
    ],
  );
  t.deepEqual(toTyped(), []);
});

test('the destination is spared the flags that concern the source', (t) => {
  const { live, changeProtection, abortOnError, autoConverge } = migrateFlags;
  t.is(destinationFlags(live | changeProtection | abortOnError | autoConverge), live);
});
