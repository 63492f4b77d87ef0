/**
 * Chooses the driver. Pure: facts in, choice and evidence out.
 *
 *   the user's word -> the best by the policy -> generic, which takes anything
 */
import type { Driver, Scope, Verdict } from './driver.ts';
import type { Facts } from './facts.ts';
import { drivers as registered } from './registry.ts';

export type Detection = {
  chosen: string;
  /** A full sentence. */
  why: string;
  /** In the registry's order. */
  verdicts: { driver: string; verdict: Verdict; evidence: string[] }[];
};

type Candidate = Detection['verdicts'][number] & { scope: Scope; order: number };

const sureness: Record<Verdict, number> = { found: 2, maybe: 1, no: 0 };
const narrowness: Record<Scope, number> = { cloud: 2, hypervisor: 1, anything: 0 };

/** The policy for ties and near misses: the surer verdict, then the narrower driver, then the registry's order. */
const policy = (a: Candidate, b: Candidate): number =>
  sureness[b.verdict] - sureness[a.verdict] || narrowness[b.scope] - narrowness[a.scope] || a.order - b.order;

/** @throws Error when `override` names no driver, or no driver takes the host. */
export function detectDriver(
  facts: Facts,
  override?: string,
  drivers: readonly Driver[] = registered,
): Detection {
  const candidates = drivers.map(
    (driver, order): Candidate => ({
      ...{ driver: driver.name, ...driver.detect(facts) },
      ...{ scope: driver.scope, order },
    }),
  );
  const ranked = candidates.filter(({ verdict }) => verdict !== 'no').sort(policy);
  const verdicts = candidates.map(({ driver, verdict, evidence }) => ({ driver, verdict, evidence }));
  if (override !== undefined) return { ...overridden(override, candidates, ranked[0]), verdicts };
  const [best, ...others] = ranked;
  if (best === undefined) throw new Error('No driver takes this host, not even generic.');
  return { chosen: best.driver, why: reason(best, others), verdicts };
}

function reason(best: Candidate, others: readonly Candidate[]): string {
  const evidence = best.evidence.join('; ');
  if (best.verdict === 'maybe') return `Nothing is certain; ${best.driver} fits best: ${evidence}.`;
  const rivals = others.filter(({ verdict }) => verdict === 'found').map(({ driver }) => driver);
  const also = rivals.length === 0 ? '' : ` (certain too, and behind it: ${rivals.join(', ')})`;
  return `Found ${best.driver}: ${evidence}${also}.`;
}

function overridden(
  name: string,
  candidates: readonly Candidate[],
  best: Candidate | undefined,
): Pick<Detection, 'chosen' | 'why'> {
  const wanted = candidates.find(({ driver }) => driver === name);
  if (wanted === undefined) {
    const known = candidates.map(({ driver }) => driver).join(', ');
    throw new Error(`There is no driver "${name}"; known are ${known}.`);
  }
  const instead =
    best === undefined || best.driver === name ? '' : `; by the facts it would be ${best.driver}`;
  return { chosen: name, why: `The user chose ${name}, whose own verdict is "${wanted.verdict}"${instead}.` };
}
