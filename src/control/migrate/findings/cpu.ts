/** The fleet's CPU checks as findings: all of them, and not the first that refuses. */
import type { Finding } from '../../../wire/migration-plan.ts';
import { featuresOf } from '../../fleet/guest-cpu.ts';
import { fleetOf } from '../../fleet/known-cpus.ts';
import { readPolicy } from '../../fleet/policy.ts';
import { cpuFindings, judgeCpu } from '../../fleet/verdict.ts';
import type { GuestRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { blockerFrom, findingOfProblem } from './finding.ts';

export function cpuFindingsOf(
  store: Pick<Store, 'hosts' | 'settings'>,
  guest: GuestRecord,
  destination: string,
): Finding[] {
  const policy = readPolicy(store);
  const all = cpuFindings(featuresOf(guest, store), destination, fleetOf(store, guest.engine));
  return all.flatMap((one) => {
    const passed: Finding[] = [];
    const refused = blockerFrom(() => {
      const problems = judgeCpu({ guest: guest.name, occasion: 'migrate', findings: [one] }, policy);
      passed.push(...problems.map((problem) => findingOfProblem(problem, 'warning')));
    });
    return [...refused, ...passed];
  });
}
