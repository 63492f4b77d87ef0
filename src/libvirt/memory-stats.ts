/** What is known of a domain's memory (virDomainMemoryStatTags in libvirt-domain.h), KiB but where said otherwise. */

const names = [
  'swapInKiB',
  'swapOutKiB',
  'majorFaults',
  'minorFaults',
  'unusedKiB',
  'availableKiB',
  'actualBalloonKiB',
  'rssKiB',
  'usableKiB',
  /** Seconds since 1970 when the guest last told. */
  'lastUpdateSeconds',
  'diskCachesKiB',
  'hugetlbAllocations',
  'hugetlbFailures',
] as const;

/** Only what the driver and the guest's balloon device report. */
export type MemoryStats = { [K in (typeof names)[number]]?: number };

export function toMemoryStats(stats: readonly { tag: number; value: number }[]): MemoryStats {
  const pairs = stats.map(({ tag, value }) => [names[tag], value] as const);
  return Object.fromEntries(pairs.filter(([name]) => name !== undefined));
}
