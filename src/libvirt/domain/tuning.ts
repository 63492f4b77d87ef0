/** Which shares of the host a domain gets, by libvirt's own names for them (VIR_DOMAIN_* in libvirt-domain.h). */
import type { CallOptions } from '../call.ts';
import { maxTuning, tuningCalls } from '../procedures/tuning.ts';
import type { Session } from '../session.ts';
import { type PlainValue, type TypedParameter, toRecord, typedQuantity } from '../typed-parameters.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** By section, what can be set, and as what it travels: drivers refuse another type. */
const fields = {
  /** KiB. */
  memory: { hard_limit: 'ullong', soft_limit: 'ullong', swap_hard_limit: 'ullong' },
  blkio: {
    weight: 'uint',
    device_weight: 'string',
    device_read_iops_sec: 'string',
    device_write_iops_sec: 'string',
    device_read_bytes_sec: 'string',
    device_write_bytes_sec: 'string',
  },
  numa: { numa_nodeset: 'string', numa_mode: 'int' },
} as const;

export type TuningSection = keyof typeof fields;
type Field<S extends TuningSection> = keyof (typeof fields)[S] & string;
export type Tuning<S extends TuningSection> = { [F in Field<S>]?: PlainValue | undefined };

const getters = {
  memory: tuningCalls.domainGetMemoryParameters,
  blkio: tuningCalls.domainGetBlkioParameters,
  numa: tuningCalls.domainGetNumaParameters,
} as const;
const setters = {
  memory: tuningCalls.domainSetMemoryParameters,
  blkio: tuningCalls.domainSetBlkioParameters,
  numa: tuningCalls.domainSetNumaParameters,
} as const;

export type DomainTuning = {
  /** @param flags `affectFlags`. */
  get(section: TuningSection, flags?: number, options?: CallOptions): Promise<Record<string, PlainValue>>;
  /** What is absent stays as it is. @param flags `affectFlags`. */
  set<S extends TuningSection>(
    section: S,
    values: Tuning<S>,
    flags?: number,
    options?: CallOptions,
  ): Promise<void>;
};

function typed(field: string, type: 'ullong' | 'uint' | 'int' | 'string', value: PlainValue): TypedParameter {
  if (type === 'ullong') return typedQuantity(field, Number(value));
  return { field, type, value } as TypedParameter; // the encoder refuses a value that does not fit its type
}

function toParameters(section: TuningSection, values: Record<string, PlainValue | undefined>) {
  return Object.entries(fields[section]).flatMap(([field, type]) => {
    const value = values[field];
    return value === undefined ? [] : [typed(field, type, value)];
  });
}

export const domainTuning = (session: Session, dom: DomainHandle): DomainTuning => ({
  get: async (section, flags = 0, options) => {
    const { params } = await session.call(getters[section], { dom, count: maxTuning, flags }, options);
    return toRecord(params);
  },
  set: async (section, values, flags = 0, options) =>
    session.call(setters[section], { dom, params: toParameters(section, values), flags }, options),
});
