/** Any machine that Linux runs on: only what is safe everywhere. Never certain, so it never wins over another. */
import type { Driver } from '../driver.ts';
import { clockSources, planOf } from '../plans.ts';
import { leafEvidence } from './leaf.ts';

export const generic: Driver = {
  name: 'generic',
  title: 'any machine that Linux runs on',
  scope: 'anything',
  signs: 'nothing: it takes what no other driver takes',
  sources: ['https://docs.kernel.org/virt/kvm/x86/running-nested-guests.html'],
  detect: (facts) => ({ verdict: 'maybe', evidence: ['it takes any machine', leafEvidence(facts)] }),
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: [] },
      disk: { drivers: [] }, // whether requests should be ordered depends on what the disk is
      clock: { prefer: clockSources(facts, ['kvm-clock']) },
      console: 'ttyS0',
      howTo:
        "On a machine of one's own, switch VT-x or AMD-V on in the firmware; in a VM, whoever runs it has to show the extension (with QEMU: kvm_intel or kvm_amd loaded with nested=1, and -cpu host).",
      notices: 'none',
    }),
};
