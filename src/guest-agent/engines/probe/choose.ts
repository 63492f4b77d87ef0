/** Which engine of those proven, and why: one policy, pure. */
import type { EngineProbe } from '../../../wire/methods/engines.ts';
import type { EngineName } from '../../../wire/names.ts';
import { isSlower } from './score.ts';

const told = ({ engine, usable, bootMs, score, reason }: EngineProbe): string => {
  if (!usable) return `${engine} was not chosen: ${reason ?? 'it did not prove itself.'}`;
  const boot = bootMs === undefined ? '' : ` in ${(bootMs / 1000).toFixed(1)} s`;
  return `${engine} booted the probe guest${boot}${score === undefined ? '' : `, score ${score}`}.`;
};

/** KVM unless it is slower; undefined when none is usable. `why` tells of every engine, the chosen one first. */
export function choose(probes: readonly EngineProbe[]): { chosen?: EngineName; why: string } {
  const usable = probes.filter((probe) => probe.usable);
  const [first, ...others] = usable;
  if (first === undefined) return { why: probes.map(told).join(' ') };
  const best = others.reduce((leader, other) => (isSlower(leader, other) ? other : leader), first);
  const slower = usable.filter((probe) => probe !== best).map((probe) => slowerThan(probe, best));
  const rest = probes.filter((probe) => !probe.usable && probe.reason !== undefined).map(told);
  return { chosen: best.engine, why: [told(best), ...slower, ...rest].join(' ') };
}

const slowerThan = (probe: EngineProbe, best: EngineProbe): string =>
  isSlower(probe, best) ? `${told(probe).slice(0, -1)}, which is slower.` : told(probe);
