/**
 * How much of the agent one address may take: so many requests at once after a rest, and so many a second for good. EC2
 * holds its instances back in the same way, and answers 503 (EC2 User Guide, "Query throttling").
 */
export type FairShare = {
  /** Whether one more request of this address is answered. */
  take(address: string): boolean;
};

export type Share = { atOnce: number; perSecond: number };

/** Full shares are forgotten, so what is kept is only who asked lately. */
const mostKept = 1024;

/** @param now ms on a clock that is never set. */
export function newFairShare({ atOnce, perSecond }: Share, now: () => number): FairShare {
  const kept = new Map<string, { left: number; at: number }>();
  const leftOf = (address: string): number => {
    const one = kept.get(address);
    return one === undefined ? atOnce : Math.min(atOnce, one.left + ((now() - one.at) / 1000) * perSecond);
  };
  const forgetFull = (): void => {
    for (const address of kept.keys()) if (leftOf(address) >= atOnce) kept.delete(address);
  };
  return {
    take: (address) => {
      if (kept.size >= mostKept) forgetFull();
      const left = leftOf(address);
      if (left < 1) return false;
      kept.set(address, { left: left - 1, at: now() });
      return true;
    },
  };
}
