/** Limits on what a guest may do to a disk in a second (VIR_DOMAIN_BLOCK_IOTUNE_* in libvirt-domain.h). */
import type { CallOptions } from '../call.ts';
import { blockCalls, maxIoTune } from '../procedures/block.ts';
import type { Session } from '../session.ts';
import { type PlainValue, type TypedParameter, typedQuantity } from '../typed-parameters.ts';
import type { DomainHandle } from '../wire-structures.ts';

const fields = {
  /** Bytes and requests a second; 0 is no limit. A total excludes limits of its own for reads or writes. */
  totalBytesPerSecond: 'total_bytes_sec',
  readBytesPerSecond: 'read_bytes_sec',
  writeBytesPerSecond: 'write_bytes_sec',
  totalRequestsPerSecond: 'total_iops_sec',
  readRequestsPerSecond: 'read_iops_sec',
  writeRequestsPerSecond: 'write_iops_sec',
  /** What a burst may reach … */
  totalBytesPerSecondMax: 'total_bytes_sec_max',
  readBytesPerSecondMax: 'read_bytes_sec_max',
  writeBytesPerSecondMax: 'write_bytes_sec_max',
  totalRequestsPerSecondMax: 'total_iops_sec_max',
  readRequestsPerSecondMax: 'read_iops_sec_max',
  writeRequestsPerSecondMax: 'write_iops_sec_max',
  /** … and for how many seconds. */
  totalBytesPerSecondMaxSeconds: 'total_bytes_sec_max_length',
  readBytesPerSecondMaxSeconds: 'read_bytes_sec_max_length',
  writeBytesPerSecondMaxSeconds: 'write_bytes_sec_max_length',
  totalRequestsPerSecondMaxSeconds: 'total_iops_sec_max_length',
  readRequestsPerSecondMaxSeconds: 'read_iops_sec_max_length',
  writeRequestsPerSecondMaxSeconds: 'write_iops_sec_max_length',
  /** A larger request counts as several of this many bytes. */
  requestBytes: 'size_iops_sec',
  /** Disks of one group share its limits. */
  group: 'group_name',
} as const;

type Limit = Exclude<keyof typeof fields, 'group'>;

/** What is absent stays as it is. */
export type IoTune = { [K in Limit]?: number | undefined } & { group?: string | undefined };

/** VIR_TYPED_PARAM_STRING_OKAY: without it a daemon leaves out the group, which is text. */
const textToo = 1 << 2;

function toTyped(tune: IoTune): TypedParameter[] {
  return Object.entries(tune).flatMap(([name, value]): TypedParameter[] => {
    const field = fields[name as keyof IoTune];
    if (value === undefined) return [];
    if (typeof value === 'string') return [{ field, type: 'string', value }];
    return [typedQuantity(field, value)];
  });
}

const names = new Map<string, string>(Object.entries(fields).map(([name, field]) => [field, name]));

function toTune(parameters: readonly TypedParameter[]): IoTune {
  const pairs = parameters.map(({ field, value }): [string | undefined, PlainValue] => [
    names.get(field),
    typeof value === 'bigint' ? Number(value) : value,
  ]);
  return Object.fromEntries(pairs.filter(([name]) => name !== undefined));
}

export type IoTuning = {
  /** @param flags `affectFlags`. */
  ioTune(disk: string, flags?: number, options?: CallOptions): Promise<IoTune>;
  /** @param flags `affectFlags`. @throws LibvirtError invalidArg for limits that exclude each other. */
  setIoTune(disk: string, tune: IoTune, flags?: number, options?: CallOptions): Promise<void>;
};

export const ioTuning = (session: Session, dom: DomainHandle): IoTuning => ({
  ioTune: async (disk, flags = 0, options) => {
    const args = { dom, disk, count: maxIoTune, flags: flags | textToo };
    return toTune((await session.call(blockCalls.domainGetBlockIoTune, args, options)).params);
  },
  setIoTune: async (disk, tune, flags = 0, options) =>
    session.call(blockCalls.domainSetBlockIoTune, { dom, disk, params: toTyped(tune), flags }, options),
});
