/**
 * One side of libvirt's migration protocol version 3, on a connection of its own (see `src/libvirt/migration.ts` for
 * the order of the phases). Here is what Blanket asks of libvirt: which flags, which parameters, which numbers.
 */
import type { Connection } from '../../libvirt/connection.ts';
import { migrateFlags } from '../../libvirt/constants.ts';
import type { Domain } from '../../libvirt/domain.ts';
import { errorCodes } from '../../libvirt/error-codes.ts';
import { isLibvirtError } from '../../libvirt/errors.ts';
import type { Events } from '../../libvirt/events.ts';
import type { JobStats } from '../../libvirt/job-stats.ts';
import { destinationFlags } from '../../libvirt/migration.ts';
import type { MigrationParameters } from '../../libvirt/migration-parameters.ts';
import { type CopyWay, plainWay } from '../../wire/copy-way.ts';
import type { MigrationStats } from '../../wire/migration.ts';
import type { MigrationSide, PerformInput, PrepareInput } from './engine.ts';

/** Only the overlay travels (`nonSharedInc`): the image under it is on both hosts. */
const plainFlags =
  migrateFlags.persistDest |
  migrateFlags.undefineSource |
  migrateFlags.nonSharedInc |
  migrateFlags.abortOnError |
  migrateFlags.changeProtection;

/** libvirt compresses by zstd only what goes over such connections (QEMU's multifd), be it one. */
const isParallel = ({ connections, compression }: CopyWay): boolean =>
  connections > 1 || compression !== 'none';

/** Without `live` libvirt copies the disk while the guest runs, and pauses it for the memory (qemuMigrationSrcRun). */
const sourceFlags = (way: CopyWay): number =>
  plainFlags |
  (way.postcopy ? migrateFlags.postcopy : 0) |
  (way.suspended ? 0 : migrateFlags.live) |
  (way.autoConverge && !way.suspended ? migrateFlags.autoConverge : 0) |
  (isParallel(way) ? migrateFlags.parallel : 0);

/** QEMU's own level: the fastest. */
const zstd = { compression: ['zstd'], compressionZstdLevel: 1 };

/** Both sides must be told alike; libvirt refuses the number without the flag. */
const parallel = (way: CopyWay): MigrationParameters => ({
  ...(isParallel(way) && { parallelConnections: way.connections }),
  ...(way.compression === 'zstd' && zstd),
});

const mebibyte = 1024 * 1024;
/** No limit in practice, and below what libvirt can turn into bytes; QEMU's own default is 128 MiB/s. */
const unlimitedMiBps = 1_000_000;

const bandwidthMiBps = (bytes: number | undefined): number =>
  bytes === undefined ? unlimitedMiBps : Math.max(1, Math.floor(bytes / mebibyte));

export const toStats = ({ memory, disk, timeElapsedMs, throttlePercent }: JobStats): MigrationStats => ({
  elapsedMs: timeElapsedMs ?? 0,
  memoryTotal: memory.totalBytes ?? 0,
  memoryDone: memory.processedBytes ?? 0,
  memoryLeft: memory.remainingBytes ?? 0,
  ...(memory.normalBytes !== undefined && { pageBytes: memory.normalBytes }),
  diskTotal: disk.totalBytes ?? 0,
  diskDone: disk.processedBytes ?? 0,
  diskLeft: disk.remainingBytes ?? 0,
  bytesPerSecond: (memory.bytesPerSecond ?? 0) + (disk.bytesPerSecond ?? 0),
  dirtyBytesPerSecond: (memory.dirtyPagesPerSecond ?? 0) * (memory.pageSizeBytes ?? 4096),
  rounds: memory.iteration ?? 0,
  ...(throttlePercent !== undefined && { throttlePercent }),
});

/** A job that has not begun to copy has no numbers, and a domain that is gone has no job. */
async function copyStats(domain: Domain): Promise<MigrationStats | undefined> {
  const stats = await domain.jobStats();
  return stats.type === 'none' ? undefined : toStats(stats);
}

async function finalStats(domain: Domain): Promise<MigrationStats | undefined> {
  try {
    const stats = await domain.jobStats({ completed: true, keepCompleted: true });
    if (stats.type === 'none') return undefined;
    const downtimeMs = stats.downtimeNetMs ?? stats.downtimeMs;
    return { ...toStats(stats), ...(downtimeMs !== undefined && { downtimeMs }) };
  } catch (error) {
    if (isLibvirtError(error)) return undefined; // numbers only: a migration does not fail for them
    throw error;
  }
}

async function abort(domain: Domain): Promise<void> {
  try {
    await domain.abortJob();
  } catch (error) {
    if (!isLibvirtError(error, errorCodes.operationInvalid)) throw error; // no job (yet, or any more)
  }
}

/** The disks go to a port that libvirt picks at the destination and tells in its cookie. */
async function prepare(
  connection: Connection,
  guest: string,
  input: PrepareInput,
  way: CopyWay,
  flags: number,
) {
  const uri = `tcp://${input.listenAddress}`;
  const prepared = await connection.migration.prepare({
    flags: destinationFlags(flags),
    cookie: input.cookie,
    parameters: {
      uri,
      destinationName: guest,
      destinationXml: input.xml,
      listenAddress: input.listenAddress,
      bandwidthMiBps: unlimitedMiBps,
      ...parallel(way),
    },
  });
  return { uri: prepared.uri ?? uri, cookie: prepared.cookie };
}

/** Percent: the guest's CPUs are first slowed down by so much, and by so much more as long as that does not help. */
const throttle = { autoConvergeInitial: 20, autoConvergeIncrement: 10 };

const performParameters = ({ xml, uri, bandwidth }: PerformInput, way: CopyWay): MigrationParameters => ({
  uri,
  destinationXml: xml,
  bandwidthMiBps: bandwidthMiBps(bandwidth),
  // its limit is another; pages that the guest waits for go beyond it
  ...(way.postcopy && bandwidth !== undefined && { postcopyBandwidthMiBps: bandwidthMiBps(bandwidth) }),
  ...(way.autoConverge && !way.suspended && throttle),
  ...parallel(way),
});

/** In post-copy it goes on first, and all of it is there later. */
const isGoingOn = ({ domain, event, detail }: Events['lifecycle'], guest: string): boolean =>
  domain.name === guest && event === 'resumed' && (detail === 'migrated' || detail === 'postcopy');

/** @returns how long this connection's guest has been paused for its migration, ms; `undefined` when it was not. */
async function watchPause(connection: Connection, guest: string): Promise<() => number | undefined> {
  let since: number | undefined;
  await connection.events.on('lifecycle', ({ domain, event, detail }) => {
    if (domain.name !== guest || event !== 'suspended') return;
    // libvirt tells the pause first, and then once more that it is for post-copy
    if (detail === 'migrated' || detail === 'postcopy') since ??= performance.now();
  });
  return () => (since === undefined ? undefined : performance.now() - since);
}

/**
 * @param connection this migration's own; closing the side closes it.
 * @param recovers every phase is told to take up what broke in post-copy, with the flags that it had (qemuMigrationAnyCanResume).
 */
export function openKvmMigration(connection: Connection, guest: string, recovers = false): MigrationSide {
  const flagsOf = (chosen: CopyWay): number =>
    sourceFlags(chosen) | (recovers ? migrateFlags.postcopyResume : 0);
  let open = true;
  let way = plainWay;
  connection.onClose(() => {
    open = false;
  });
  let found: Promise<Domain> | undefined;
  // Looked up once: at the handover every question to the daemon is time in which the guest does not run.
  const domain = (): Promise<Domain> => {
    found ??= connection.domains.byName(guest);
    return found;
  };
  const listeners = new Set<() => void>();
  let paused: () => number | undefined = () => undefined;
  return {
    begin: async (chosen = plainWay) => {
      way = chosen;
      if (way.postcopy) paused = await watchPause(connection, guest);
      return (await domain()).migration.begin({ flags: flagsOf(way) });
    },
    prepare: async (input) => {
      way = input.way ?? plainWay;
      // Asked for before there is a domain: at the handover every question is time in which the guest does not run.
      await connection.events.on('lifecycle', (report) => {
        if (isGoingOn(report, guest)) for (const listener of listeners) listener();
      });
      return await prepare(connection, guest, input, way, flagsOf(way));
    },
    onRunning: (listener) => void listeners.add(listener),
    perform: async (input) => {
      const wish = { flags: flagsOf(way), cookie: input.cookie, parameters: performParameters(input, way) };
      const { cookie } = await (await domain()).migration.perform(wish);
      const stillMs = paused();
      return { cookie, ...(stillMs !== undefined && { stillMs }) };
    },
    finish: async ({ cookie, cancelled }) =>
      connection.migration.finish({
        flags: destinationFlags(flagsOf(way)),
        cookie,
        cancelled,
        parameters: { destinationName: guest },
      }),
    confirm: async ({ cookie, cancelled }) =>
      (await domain()).migration.confirm({ flags: flagsOf(way), cookie, cancelled }),
    stats: async () => copyStats(await domain()),
    finalStats: async () => finalStats(await domain()),
    setMaxDowntime: async (ms) => (await domain()).migration.setMaxDowntime(ms),
    pause: async () => (await domain()).suspend(),
    startPostCopy: async () => (await domain()).migration.startPostCopy(),
    abort: async () => abort(await domain()),
    close: () => connection.close(),
    isOpen: () => open,
  };
}
