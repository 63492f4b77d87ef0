/** Any machine that Linux runs on: only what is safe everywhere. Never certain, so it never wins over another. */
import type { Driver } from '../driver.ts';
import { clockPlan, nestedPlan, nicPlans } from '../plans.ts';
import { leafEvidence } from './leaf.ts';

export const generic: Driver = {
  name: 'generic',
  title: 'any machine that Linux runs on',
  detect: (facts) => ({ verdict: 'maybe', evidence: ['it takes any machine', leafEvidence(facts)] }),
  plan: (facts) => [
    ...nicPlans(facts, {}),
    clockPlan(['kvm-clock', 'tsc', 'hpet', 'acpi_pm']),
    nestedPlan(facts),
  ],
};
