/**
 * One number for how good an engine is on a host.
 *
 *     score = 100 x geometric mean of (reference / ms) for boot, CPU loop and memory, and of (exits/s / reference)
 *
 * Faster in any of them is higher. A geometric mean, so that twice as fast counts the same wherever it is, and no
 * unit outweighs another. 100 is the reference machine. A measurement that did not come is left out of the mean.
 */
import type { EngineProbe } from '../../../wire/methods/engines.ts';

/**
 * Measured: QEMU 7.2's emulator (tcg) on a two-core x86-64 cloud VM, Debian 13's 6.12 cloud kernel. Only a yardstick:
 * it must never change, for stored scores are compared with new ones.
 */
const reference = { bootMs: 2_500, cpuMs: 240, memoryMs: 60, exitsPerSecond: 1_300_000 } as const;

export type Measured = Pick<EngineProbe, keyof typeof reference>;
type Name = keyof typeof reference;

const names = Object.keys(reference) as Name[];

/** Higher is faster; 1 is the reference. */
const ratio = (name: Name, value: number): number =>
  name === 'exitsPerSecond' ? value / reference[name] : reference[name] / value;

export const measuredNames = (measured: Measured): Name[] =>
  names.filter((name) => (measured[name] ?? 0) > 0);

/** Undefined when nothing was measured. @param only of these, to compare two engines by what both have shown. */
export function scoreOf(measured: Measured, only: readonly Name[] = names): number | undefined {
  const used = measuredNames(measured).filter((name) => only.includes(name));
  if (used.length === 0) return undefined;
  const logs = used.map((name) => Math.log(ratio(name, measured[name] ?? 0)));
  const mean = Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length);
  return Math.round(mean * 1_000) / 10;
}

/** Whether `one` is slower than `other`, by what was measured of both. */
export function isSlower(one: Measured, other: Measured): boolean {
  const common = measuredNames(one).filter((name) => measuredNames(other).includes(name));
  return (scoreOf(one, common) ?? 0) < (scoreOf(other, common) ?? 0);
}
