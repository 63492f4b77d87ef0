/**
 * How fast this machine is by itself, so that "too slow" means something on a bare server and on an emulated host
 * alike: a guest's own code runs at nearly the machine's speed under a KVM that works, and far below it under one
 * that does not.
 */

const rounds = 20_000_000;
/** What they take in a fresh process on the machine of `score.ts`. */
const referenceMs = 60;

/** Not optimised away, as the outcome is returned. */
function spin(): number {
  let value = 1;
  for (let round = 0; round < rounds; round += 1) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  return value;
}

/** How many times slower than the reference machine this one is now, with all it has to do; at least 1. */
export function paceOf(work: () => number = spin): number {
  const startedAt = performance.now();
  work();
  return Math.max(1, (performance.now() - startedAt) / referenceMs);
}
