/** A domain's disks. `disk` is the target (`vda`) or the source's path. */
import type { CallOptions } from '../call.ts';
import { blockCalls, maxBlockStats, maxDiskErrors } from '../procedures/block.ts';
import type { Session } from '../session.ts';
import { type TypedParameter, toRecord } from '../typed-parameters.ts';
import type { BlockStats, DomainHandle } from '../wire-structures.ts';
import { type IoTuning, ioTuning } from './io-tune.ts';

/** Sizes in bytes: used on the host, as the guest sees it, of the file or device on the host. */
export type BlockInfo = { allocation: number; capacity: number; physical: number };

/** VIR_DOMAIN_BLOCK_STATS_*: what the driver reports and nothing else. Times are sums over all requests. */
export type DetailedBlockStats = {
  readRequests?: number;
  readBytes?: number;
  readTimeNs?: number;
  writeRequests?: number;
  writeBytes?: number;
  writeTimeNs?: number;
  flushRequests?: number;
  flushTimeNs?: number;
  errors?: number;
};

const statNames: Record<string, keyof DetailedBlockStats> = {
  rd_operations: 'readRequests',
  rd_bytes: 'readBytes',
  rd_total_times: 'readTimeNs',
  wr_operations: 'writeRequests',
  wr_bytes: 'writeBytes',
  wr_total_times: 'writeTimeNs',
  flush_operations: 'flushRequests',
  flush_total_times: 'flushTimeNs',
  errs: 'errors',
};

function toDetailedStats(parameters: readonly TypedParameter[]): DetailedBlockStats {
  const pairs = Object.entries(toRecord(parameters)).map(
    ([name, value]) => [statNames[name], value] as const,
  );
  return Object.fromEntries(pairs.filter(([name, value]) => name !== undefined && Number(value) >= 0));
}

/** virDomainDiskErrorCode. */
const diskErrors = ['none', 'unspecified', 'no-space'] as const;
export type DiskError = { disk: string; error: (typeof diskErrors)[number] | 'unknown' };

/** VIR_DOMAIN_BLOCK_RESIZE_BYTES: without it sizes are KiB. */
const sizeInBytes = 1 << 0;

export type DomainDisks = IoTuning & {
  info(disk: string, options?: CallOptions): Promise<BlockInfo>;
  /** Of a running domain; '' for all disks together. */
  stats(disk: string, options?: CallOptions): Promise<BlockStats>;
  /** `stats` and how long requests took, flushes too. */
  detailedStats(disk: string, options?: CallOptions): Promise<DetailedBlockStats>;
  /** Changes the size that the guest sees, and tells the guest. @param size bytes; domain must run. */
  resize(disk: string, size: number, options?: CallOptions): Promise<void>;
  /**
   * Reads from the file or device on the host, of a disk in raw format.
   * @param size bytes, at most 4 MiB. @throws LibvirtError invalidArg when the disk ends before.
   */
  peek(disk: string, offset: number, size: number, options?: CallOptions): Promise<Uint8Array>;
  /** The disks of a running domain that had an I/O error, which may have stopped it. */
  errors(options?: CallOptions): Promise<DiskError[]>;
  /**
   * Asks for a `block-threshold` event when the host's file is first written beyond `threshold` bytes; 0 takes the
   * mark away. The event comes once for each of the file's names: `vda` (of the top layer) and `vda[1]`.
   * @param device a target, or one of its layers, `vda[1]`, as the domain's XML numbers them.
   */
  setThreshold(device: string, threshold: number, options?: CallOptions): Promise<void>;
};

export const domainDisks = (session: Session, dom: DomainHandle): DomainDisks => ({
  ...ioTuning(session, dom),
  info: (disk, options) =>
    session.call(blockCalls.domainGetBlockInfo, { dom, path: disk, flags: 0 }, options),
  stats: (disk, options) => session.call(blockCalls.domainBlockStats, { dom, path: disk }, options),
  detailedStats: async (disk, options) => {
    const args = { dom, path: disk, count: maxBlockStats, flags: 0 };
    return toDetailedStats((await session.call(blockCalls.domainBlockStatsFlags, args, options)).params);
  },
  resize: (disk, size, options) =>
    session.call(blockCalls.domainBlockResize, { dom, disk, size, flags: sizeInBytes }, options),
  peek: (disk, offset, size, options) =>
    session.call(blockCalls.domainBlockPeek, { dom, path: disk, offset, size, flags: 0 }, options),
  errors: async (options) => {
    const args = { dom, maxErrors: maxDiskErrors, flags: 0 };
    const { errors } = await session.call(blockCalls.domainGetDiskErrors, args, options);
    return errors.map(({ disk, error }) => ({ disk, error: diskErrors[error] ?? 'unknown' }));
  },
  setThreshold: (device, threshold, options) =>
    session.call(blockCalls.domainSetBlockThreshold, { dom, device, threshold, flags: 0 }, options),
});
