/** Calls on a domain's disks. */
import { call, flags, table } from '../procedure.ts';
import { blockStats, domainHandle as dom } from '../wire-structures.ts';
import { quantity, string } from '../wire-types.ts';
import { structure } from '../xdr-structures.ts';

const onDisk = structure({ dom, path: string });
const onDiskFlags = structure({ dom, path: string, flags });

export const blockCalls = table({
  domainBlockStats: call(64, onDisk, blockStats),
  domainGetBlockInfo: call(
    194,
    onDiskFlags,
    structure({ allocation: quantity, capacity: quantity, physical: quantity }),
  ),
});
