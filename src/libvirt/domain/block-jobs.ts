/**
 * Jobs on a running domain's disk: copy it elsewhere, commit upper layers into lower ones, pull lower layers into the
 * upper. A disk has one job at a time. These calls begin one and return; `watchBlockJob` tells how it goes on.
 *
 *   pull, commit:         running -> completed | failed | canceled
 *   copy, active commit:  running -> ready -> abort({ pivot }) -> completed, the domain is on the other file
 *                                          -> abort()          -> canceled, the domain stays where it is
 */
import type { CallOptions } from '../call.ts';
import { type BlockJobType, blockJobTypes } from '../events/domain-event-words.ts';
import { blockCalls } from '../procedures/block.ts';
import type { Session } from '../session.ts';
import { type TypedParameter, typedQuantity } from '../typed-parameters.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** virDomainBlockCopyFlags. */
export const blockCopyFlags = {
  /** Only the top layer; the copy gets the same backing file. */
  shallow: 1 << 0,
  /** The destination exists. */
  reuseExternal: 1 << 1,
  /** Also of a persistent domain, although the copy ends with the domain's process. QEMU's driver insists on it. */
  transientJob: 1 << 2,
  /** The guest's writes wait for the copy, so that it must converge (libvirt 8). */
  synchronousWrites: 1 << 3,
} as const;

/** virDomainBlockCommitFlags. */
export const blockCommitFlags = {
  /** Without `base`: into the next layer, not into the lowest. */
  shallow: 1 << 0,
  /** Delete the files that are committed and no longer used. */
  delete: 1 << 1,
  /** The top layer is among them: the job gets ready and waits for `abort({ pivot })`. */
  active: 1 << 2,
  /** Keep relative names of backing files. */
  relative: 1 << 3,
} as const;

/** virDomainBlockRebaseFlags, as far as they concern a pull. */
export const blockPullFlags = {
  /** Keep relative names of backing files; with `base` only. */
  relative: 1 << 4,
} as const;

/** Bandwidths are bytes a second; 0, or absent, is no limit. */
export type BlockCopy = {
  bandwidth?: number | undefined;
  /** Bytes that count as one dirty block, a power of two. */
  granularity?: number | undefined;
  /** Bytes that may be on their way at once. */
  bufferBytes?: number | undefined;
  /** `blockCopyFlags`. */
  flags?: number | undefined;
};

export type BlockCommit = {
  /** The lowest layer, which takes the data: a path, or `vda[2]`. Absent: the chain's end. */
  base?: string | undefined;
  /** The highest layer that is committed. Absent: the disk's top. */
  top?: string | undefined;
  bandwidth?: number | undefined;
  /** `blockCommitFlags`. */
  flags?: number | undefined;
};

export type BlockPull = {
  /** The layer that stays below, a path or `vda[1]`. Absent: none stays. */
  base?: string | undefined;
  bandwidth?: number | undefined;
  /** `blockPullFlags`. */
  flags?: number | undefined;
};

export type BlockJobAbort = {
  /** End a job that is ready by going over to its other file. @throws LibvirtError blockCopyActive when it is not. */
  pivot?: boolean | undefined;
  /** Do not wait until it ended. */
  async?: boolean | undefined;
};

export type BlockJobInfo = {
  type: BlockJobType;
  bandwidth: number;
  /** From 0 to `end`. For a copy or an active commit they are equal exactly when it is ready. */
  position: number;
  end: number;
};

/** `disk` is a target (`vda`) or the source's path. */
export type DomainBlockJobs = {
  /** @param destinationXml a `<disk>` with `<source>` and `<driver type=…>`. */
  copy(disk: string, destinationXml: string, how?: BlockCopy, options?: CallOptions): Promise<void>;
  commit(disk: string, how?: BlockCommit, options?: CallOptions): Promise<void>;
  pull(disk: string, how?: BlockPull, options?: CallOptions): Promise<void>;
  /** Undefined when the disk has no job. */
  info(disk: string, options?: CallOptions): Promise<BlockJobInfo | undefined>;
  setSpeed(disk: string, bytesPerSecond: number, options?: CallOptions): Promise<void>;
  /** @throws LibvirtError invalidArg when the disk has no job. */
  abort(disk: string, how?: BlockJobAbort, options?: CallOptions): Promise<void>;
};

/** Each call has a flag of its own for "the bandwidth is in bytes, not in MiB". */
const inBytes = { info: 1 << 0, speed: 1 << 0, pull: 1 << 6, commit: 1 << 4 } as const;
/** virDomainBlockJobAbortFlags. */
const abortFlags = { async: 1 << 0, pivot: 1 << 1 } as const;

function copyParameters({ bandwidth, granularity, bufferBytes }: BlockCopy): TypedParameter[] {
  const parameters: TypedParameter[] = [];
  if (bandwidth !== undefined) parameters.push(typedQuantity('bandwidth', bandwidth));
  if (granularity !== undefined) parameters.push({ field: 'granularity', type: 'uint', value: granularity });
  if (bufferBytes !== undefined) parameters.push(typedQuantity('buf-size', bufferBytes));
  return parameters;
}

export const domainBlockJobs = (session: Session, dom: DomainHandle): DomainBlockJobs => ({
  copy: async (disk, destinationXml, how = {}, options) => {
    const args = { dom, path: disk, destinationXml, params: copyParameters(how), flags: how.flags ?? 0 };
    return session.call(blockCalls.domainBlockCopy, args, options);
  },
  commit: (disk, { base, top, bandwidth = 0, flags = 0 } = {}, options) => {
    const args = { dom, disk, base, top, bandwidth, flags: flags | inBytes.commit };
    return session.call(blockCalls.domainBlockCommit, args, options);
  },
  pull: (disk, { base, bandwidth = 0, flags = 0 } = {}, options) => {
    const args = { dom, path: disk, bandwidth, flags: flags | inBytes.pull };
    if (base === undefined) return session.call(blockCalls.domainBlockPull, args, options);
    return session.call(blockCalls.domainBlockRebase, { ...args, base }, options);
  },
  info: async (disk, options) => {
    const args = { dom, path: disk, flags: inBytes.info };
    const { found, type, ...rest } = await session.call(blockCalls.domainGetBlockJobInfo, args, options);
    return found === 0 ? undefined : { type: blockJobTypes[type] ?? 'unknown', ...rest };
  },
  setSpeed: (disk, bandwidth, options) => {
    const args = { dom, path: disk, bandwidth, flags: inBytes.speed };
    return session.call(blockCalls.domainBlockJobSetSpeed, args, options);
  },
  abort: (disk, { pivot = false, async: noWait = false } = {}, options) => {
    const flags = (pivot ? abortFlags.pivot : 0) | (noWait ? abortFlags.async : 0);
    return session.call(blockCalls.domainBlockJobAbort, { dom, path: disk, flags }, options);
  },
});
