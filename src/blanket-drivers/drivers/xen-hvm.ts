/**
 * A Xen that is not AWS's: XCP-ng, XenServer, a small cloud. Fully virtualized, with disks and cards over xenbus.
 * A host that was booted into the blanket's own Xen is dom0 of that, and not meant here.
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockSources, planOf } from '../plans.ts';
import { isEc2Uuid } from './ec2-uuid.ts';
import { leafEvidence, leafOf } from './leaf.ts';
import { dmiEvidence } from './named.ts';

function isAmazons({ dmi, hypervisor }: Facts): boolean {
  if (dmi.bios_version?.endsWith('.amazon')) return true;
  return Object.keys(dmi).length === 0 && isEc2Uuid(hypervisor.sysUuid);
}

function detect(facts: Facts): Judgement {
  const dmi = dmiEvidence(facts, { sys_vendor: /^Xen$/, product_name: /^HVM domU$/ });
  const buses = facts.xenbus.length === 0 ? [] : [`xenbus has ${facts.xenbus.join(', ')}`];
  const evidence = [...(dmi.length > 0 ? dmi : ['DMI does not name Xen']), ...buses, leafEvidence(facts)];
  if (isAmazons(facts)) return { verdict: 'no', evidence: [...evidence, 'but it is one of AWS'] };
  if (leafOf(facts) === 'xen') return { verdict: 'found', evidence };
  const mayHide = ['none', 'unknown', 'tcg'].includes(leafOf(facts));
  return { verdict: dmi.length > 0 && mayHide ? 'maybe' : 'no', evidence };
}

export const xenHvm: Driver = {
  name: 'xen-hvm',
  title: 'Xen',
  scope: 'hypervisor',
  signs:
    'Xen leaf or /sys/hypervisor/type xen, and none of AWS\'s signs; DMI "HVM domU" and xenbus devices as further evidence',
  sources: [
    'https://wiki.xenproject.org/wiki/Nested_Virtualization_in_Xen',
    'https://xenbits.xen.org/docs/unstable/man/xl.cfg.5.html',
  ],
  detect,
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['vif'] }, // xen-netfront, as sysfs calls it
      disk: { drivers: ['vbd'], scheduler: 'none' }, // xen-blkfront
      clock: { prefer: clockSources(facts, ['xen']) },
      console: 'hvc0',
      howTo:
        'Shut the VM down and set nestedhvm=1 in its xl configuration, or on XCP-ng `xe vm-param-set uuid=UUID platform:nested-virt=true` (exp-nested-hvm before 8.3).',
      notices: 'none',
    }),
};
