/** Statistics of many domains at once (virConnectGetAllDomainStats in libvirt-domain.h). */
import type { CallOptions } from './call.ts';
import { listFlags } from './constants.ts';
import { domainCalls } from './procedures/domain.ts';
import type { Session } from './session.ts';
import { type PlainValue, toRecord } from './typed-parameters.ts';
import type { DomainHandle } from './wire-structures.ts';

/** Bits of what to ask for (virDomainStatsTypes). A driver leaves out groups that it does not know. */
export const statsGroups = {
  state: 1 << 0,
  cpuTotal: 1 << 1,
  balloon: 1 << 2,
  vcpu: 1 << 3,
  interface: 1 << 4,
  block: 1 << 5,
  perf: 1 << 6,
  iothread: 1 << 7,
  memory: 1 << 8,
  dirtyRate: 1 << 9,
  vm: 1 << 10,
} as const;

/** The filters of `listFlags`, but of no use beside `domains`, and how to ask (virConnectGetAllDomainStatsFlags). */
export const statsFlags = {
  ...listFlags,
  /** What a busy domain cannot tell at once is left out. */
  noWait: 2 ** 29,
  /** Each image of a disk's chain. */
  backing: 2 ** 30,
  /** Fail with argumentUnsupported when the driver does not know a group. */
  enforce: 2 ** 31,
} as const;

export type StatsOptions = {
  /** `statsFlags`. */
  flags?: number | undefined;
  /** Only these. Default: all domains that the flags let through. */
  domains?: readonly DomainHandle[] | undefined;
};

export type DomainStats = {
  domain: DomainHandle;
  /** By libvirt's names, e.g. `state.state`, `cpu.time`, `balloon.current`, `block.0.rd.bytes`. */
  stats: Record<string, PlainValue>;
};

export async function allDomainStats(
  session: Session,
  groups: number,
  { flags = 0, domains = [] }: StatsOptions,
  options?: CallOptions,
): Promise<DomainStats[]> {
  // `|` makes the topmost bit a negative number's.
  const args = { domains: [...domains], groups: groups >>> 0, flags: flags >>> 0 };
  const records = await session.call(domainCalls.connectGetAllDomainStats, args, options);
  return records.map(({ dom, params }) => ({ domain: dom, stats: toRecord(params) }));
}
