/** A domain's job (a migration, a save, …) in numbers, from libvirt's typed parameters (VIR_DOMAIN_JOB_* names). */
import { type PlainValue, type TypedParameter, toRecord } from './typed-parameters.ts';

/** virDomainJobType. */
const jobTypes = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const;
/** `unknown`: what only a newer daemon has. */
export type JobType = (typeof jobTypes)[number] | 'unknown';

/** virDomainJobOperation. */
const operations = [
  'unknown',
  'start',
  'save',
  'restore',
  'migration-in',
  'migration-out',
  'snapshot',
  'snapshot-revert',
  'dump',
  'backup',
  'snapshot-delete',
] as const;
export type JobOperation = (typeof operations)[number];

/** Bytes that were to be moved, were, and are left. `remaining` may grow while the guest writes. */
export type Amounts = { totalBytes?: number; processedBytes?: number; remainingBytes?: number };

/** What the driver reports and nothing else: a field that it leaves out is absent. */
export type JobStats = {
  /** `none` when the domain has no job; of a finished job `completed`, `failed` or `cancelled`. */
  type: JobType;
  operation: JobOperation;
  timeElapsedMs?: number;
  timeRemainingMs?: number;
  /** While the job runs an expectation, afterwards what it was; wrong by as much as two hosts' clocks differ. */
  downtimeMs?: number;
  /** Without the time that control took from one host to the other, and so without error by their clocks. */
  downtimeNetMs?: number;
  setupTimeMs?: number;
  data: Amounts;
  memory: Amounts & {
    /** Rounds over the memory; 1 is the first full copy. */
    iteration?: number;
    bytesPerSecond?: number;
    /** Pages a second that the guest dirties; times `pageSizeBytes` in bytes. */
    dirtyPagesPerSecond?: number;
    pageSizeBytes?: number;
    /** Pages that were sent as they are, and pages of one byte repeated, which take almost no space. */
    normalPages?: number;
    constantPages?: number;
    normalBytes?: number;
    postcopyRequests?: number;
  };
  disk: Amounts & { bytesPerSecond?: number };
  /** Percent by which the guest's CPUs are slowed down. */
  throttlePercent?: number;
  errorMessage?: string;
  /** All that the driver reported, under libvirt's own names. */
  parameters: Record<string, PlainValue>;
};

type Source = Record<string, PlainValue>;

/** The named numbers, each only when it is there. */
function numbers<K extends string>(source: Source, names: Record<K, string>): { [P in K]?: number } {
  const pairs = Object.entries<string>(names)
    .map(([ours, theirs]) => [ours, source[theirs]] as const)
    .filter(([, value]) => typeof value === 'number');
  return Object.fromEntries(pairs) as { [P in K]?: number };
}

const amounts = (source: Source, prefix: string): Amounts =>
  numbers(source, {
    totalBytes: `${prefix}_total`,
    processedBytes: `${prefix}_processed`,
    remainingBytes: `${prefix}_remaining`,
  });

const memoryNames = {
  iteration: 'memory_iteration',
  bytesPerSecond: 'memory_bps',
  dirtyPagesPerSecond: 'memory_dirty_rate',
  pageSizeBytes: 'memory_page_size',
  normalPages: 'memory_normal',
  constantPages: 'memory_constant',
  normalBytes: 'memory_normal_bytes',
  postcopyRequests: 'memory_postcopy_requests',
} as const;

const overallNames = {
  timeElapsedMs: 'time_elapsed',
  timeRemainingMs: 'time_remaining',
  downtimeMs: 'downtime',
  downtimeNetMs: 'downtime_net',
  setupTimeMs: 'setup_time',
  throttlePercent: 'auto_converge_throttle',
} as const;

export const jobTypeName = (type: number): JobType => jobTypes[type] ?? 'unknown';

export function toJobStats(type: number, parameters: readonly TypedParameter[]): JobStats {
  const source = toRecord(parameters);
  const { operation, errmsg } = source;
  return {
    type: jobTypeName(type),
    operation: operations[Number(operation ?? 0)] ?? 'unknown',
    ...numbers(source, overallNames),
    data: amounts(source, 'data'),
    memory: { ...amounts(source, 'memory'), ...numbers(source, memoryNames) },
    disk: { ...amounts(source, 'disk'), ...numbers(source, { bytesPerSecond: 'disk_bps' }) },
    ...(typeof errmsg === 'string' && { errorMessage: errmsg }),
    parameters: source,
  };
}
