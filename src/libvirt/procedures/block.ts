/** Calls on a domain's disks and on the jobs that copy, commit or pull their layers. */
import { call, flags, table } from '../procedure.ts';
import { typedParametersUpTo } from '../typed-parameters.ts';
import { blockStats, domainHandle as dom } from '../wire-structures.ts';
import { optionalString, quantity, string } from '../wire-types.ts';
import { bytes, int32, nothing, uint32 } from '../xdr.ts';
import { list, structure } from '../xdr-structures.ts';

/** REMOTE_DOMAIN_BLOCK_PEEK_BUFFER_MAX, bytes. */
export const maxPeek = 4 * 1024 * 1024;
/** REMOTE_DOMAIN_BLOCK_STATS_PARAMETERS_MAX. */
export const maxBlockStats = 16;
/** REMOTE_DOMAIN_BLOCK_IO_TUNE_PARAMETERS_MAX. */
export const maxIoTune = 32;
/** REMOTE_DOMAIN_DISK_ERRORS_MAX. */
export const maxDiskErrors = 256;

const onDisk = structure({ dom, path: string });
const onDiskFlags = structure({ dom, path: string, flags });
const atSpeed = structure({ dom, path: string, bandwidth: quantity, flags });
const tuning = typedParametersUpTo(maxIoTune);
/** REMOTE_DOMAIN_BLOCK_COPY_PARAMETERS_MAX is 16 as well. */
const copying = typedParametersUpTo(16);

export const blockCalls = table({
  domainBlockStats: call(64, onDisk, blockStats),
  domainBlockPeek: call(
    103,
    structure({ dom, path: string, offset: quantity, size: uint32, flags }),
    bytes(maxPeek),
  ),
  domainGetBlockInfo: call(
    194,
    onDiskFlags,
    structure({ allocation: quantity, capacity: quantity, physical: quantity }),
  ),
  domainBlockJobAbort: call(237, onDiskFlags, nothing),
  domainGetBlockJobInfo: call(
    238,
    onDiskFlags,
    structure({ found: int32, type: int32, bandwidth: quantity, position: quantity, end: quantity }),
  ),
  domainBlockJobSetSpeed: call(239, atSpeed, nothing),
  domainBlockPull: call(240, atSpeed, nothing),
  domainBlockStatsFlags: call(
    243,
    structure({ dom, path: string, count: int32, flags }),
    structure({ params: typedParametersUpTo(maxBlockStats), count: int32 }),
  ),
  domainBlockResize: call(251, structure({ dom, disk: string, size: quantity, flags }), nothing),
  domainSetBlockIoTune: call(252, structure({ dom, disk: string, params: tuning, flags }), nothing),
  domainGetBlockIoTune: call(
    253,
    structure({ dom, disk: optionalString, count: int32, flags }),
    structure({ params: tuning, count: int32 }),
  ),
  domainGetDiskErrors: call(
    263,
    structure({ dom, maxErrors: uint32, flags }),
    structure({ errors: list(structure({ disk: string, error: int32 }), maxDiskErrors), count: int32 }),
  ),
  domainBlockRebase: call(
    266,
    structure({ dom, path: string, base: optionalString, bandwidth: quantity, flags }),
    nothing,
  ),
  domainBlockCommit: call(
    290,
    structure({ dom, disk: string, base: optionalString, top: optionalString, bandwidth: quantity, flags }),
    nothing,
  ),
  domainBlockCopy: call(
    345,
    structure({ dom, path: string, destinationXml: string, params: copying, flags }),
    nothing,
  ),
  domainSetBlockThreshold: call(386, structure({ dom, device: string, threshold: quantity, flags }), nothing),
});
