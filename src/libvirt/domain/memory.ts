/** How much memory a domain has, and may have. Flags are `affectFlags`; amounts KiB. */
import type { CallOptions } from '../call.ts';
import { type MemoryStats, toMemoryStats } from '../memory-stats.ts';
import { domainCalls } from '../procedures/domain.ts';
import { tuningCalls } from '../procedures/tuning.ts';
import type { Session } from '../session.ts';
import type { DomainHandle } from '../wire-structures.ts';

/** VIR_DOMAIN_MEM_MAXIMUM. */
const maximum = 1 << 2;

export type DomainMemory = {
  /** What the balloon and the host know of it. */
  stats(options?: CallOptions): Promise<MemoryStats>;
  /** Of a running domain a request to the guest's balloon driver: `balloon-change` tells what it did. */
  set(memoryKiB: number, flags?: number, options?: CallOptions): Promise<void>;
  /** What `set` may give. Most drivers change it in the definition alone. */
  setMaximum(memoryKiB: number, flags?: number, options?: CallOptions): Promise<void>;
  /** How often the guest's balloon driver reports its numbers; 0 for never. */
  setStatsPeriod(seconds: number, flags?: number, options?: CallOptions): Promise<void>;
  /**
   * Begins to count the pages that the guest writes within so many seconds (1 to 60). The result is in
   * `domains.stats(statsGroups.dirtyRate)`: `dirtyrate.calc_status` 2 when it is there, and
   * `dirtyrate.megabytes_per_second`.
   */
  measureDirtyRate(seconds: number, options?: CallOptions): Promise<void>;
};

export const domainMemory = (session: Session, dom: DomainHandle): DomainMemory => ({
  stats: async (options) =>
    toMemoryStats(
      await session.call(domainCalls.domainMemoryStats, { dom, maxStats: 64, flags: 0 }, options),
    ),
  set: (memory, flags = 0, options) =>
    session.call(tuningCalls.domainSetMemoryFlags, { dom, memory, flags }, options),
  setMaximum: (memory, flags = 0, options) =>
    session.call(tuningCalls.domainSetMemoryFlags, { dom, memory, flags: flags | maximum }, options),
  setStatsPeriod: (period, flags = 0, options) =>
    session.call(tuningCalls.domainSetMemoryStatsPeriod, { dom, period, flags }, options),
  measureDirtyRate: (seconds, options) =>
    session.call(domainCalls.domainStartDirtyRateCalc, { dom, seconds, flags: 0 }, options),
});
