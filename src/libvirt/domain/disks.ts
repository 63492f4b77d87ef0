/** A domain's disks. `disk` is the target (`vda`) or the source's path. */
import type { CallOptions } from '../call.ts';
import { blockCalls } from '../procedures/block.ts';
import type { Session } from '../session.ts';
import type { BlockStats, DomainHandle } from '../wire-structures.ts';

/** Sizes in bytes: used on the host, as the guest sees it, of the file or device on the host. */
export type BlockInfo = { allocation: number; capacity: number; physical: number };

export type DomainDisks = {
  info(disk: string, options?: CallOptions): Promise<BlockInfo>;
  /** Of a running domain; '' for all disks together. */
  stats(disk: string, options?: CallOptions): Promise<BlockStats>;
};

export const domainDisks = (session: Session, dom: DomainHandle): DomainDisks => ({
  info: (disk, options) =>
    session.call(blockCalls.domainGetBlockInfo, { dom, path: disk, flags: 0 }, options),
  stats: (disk, options) => session.call(blockCalls.domainBlockStats, { dom, path: disk }, options),
});
