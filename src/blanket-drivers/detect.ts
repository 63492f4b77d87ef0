/**
 * Chooses the driver. Pure: facts in, choice and evidence out.
 *
 *   the user's word -> the one `found` -> the first `maybe` -> generic
 *
 * Two `found` contradict each other; the first in the registry is taken and the reason says so.
 */
import type { Driver, Verdict } from './driver.ts';
import type { Facts } from './facts.ts';
import { drivers as registered } from './registry.ts';

export type Detection = {
  chosen: string;
  /** A full sentence. */
  why: string;
  verdicts: { driver: string; verdict: Verdict; evidence: string[] }[];
};

/** @throws Error when `override` names no driver. */
export function detectDriver(
  facts: Facts,
  override?: string,
  drivers: readonly Driver[] = registered,
): Detection {
  const verdicts = drivers.map((driver) => ({ driver: driver.name, ...driver.detect(facts) }));
  if (override !== undefined) return { ...overridden(override, drivers), verdicts };
  const found = verdicts.filter(({ verdict }) => verdict === 'found');
  const [first, second] = found;
  if (first !== undefined) {
    const also = second === undefined ? '' : ` (${second.driver} claims the host too, later in the order)`;
    return {
      chosen: first.driver,
      why: `Found ${first.driver}: ${first.evidence.join('; ')}${also}.`,
      verdicts,
    };
  }
  const maybe = verdicts.find(({ verdict }) => verdict === 'maybe');
  if (maybe === undefined) throw new Error('No driver takes this host, not even generic.');
  return {
    chosen: maybe.driver,
    why: `Nothing is certain; ${maybe.driver} fits best: ${maybe.evidence.join('; ')}.`,
    verdicts,
  };
}

function overridden(name: string, drivers: readonly Driver[]): { chosen: string; why: string } {
  if (!drivers.some((driver) => driver.name === name)) {
    const known = drivers.map((driver) => driver.name).join(', ');
    throw new Error(`There is no driver "${name}"; known are ${known}.`);
  }
  return { chosen: name, why: `The user chose ${name}.` };
}
