/**
 * VMware ESXi, vSphere and the clouds on it: pvscsi disks, vmxnet3 NICs (PCI vendor 15ad).
 * Leaf, DMI and devices agree on a real one. QEMU can lend a machine VMware's DMI strings and devices but never
 * its CPUID leaf, so DMI together with a paravirtual device is enough, and the evidence tells of the leaf.
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockPlan, diskPlans, nestedPlan, nicPlans } from '../plans.ts';
import { leafEvidence, leafOf } from './leaf.ts';

const devices: Record<string, string> = {
  '07b0': 'vmxnet3',
  '07c0': 'pvscsi',
  '0405': 'SVGA',
  '0740': 'VMCI',
};
const paravirtual = ['07b0', '07c0', '0740'];

const pciOf = ({ pci }: Facts) => pci.filter(({ vendor }) => vendor === '15ad');

function pciEvidence(facts: Facts): string[] {
  const names = pciOf(facts).map(
    ({ vendor, device }) => `${devices[device] ?? 'device'} ${vendor}:${device}`,
  );
  return names.length === 0 ? [] : [`PCI has VMware's ${[...new Set(names)].join(', ')}`];
}

function detect(facts: Facts): Judgement {
  const dmi = facts.dmi.sys_vendor?.startsWith('VMware') === true;
  const hardware = pciOf(facts).some(({ device }) => paravirtual.includes(device));
  const evidence = [
    dmi ? `DMI vendor is "${facts.dmi.sys_vendor}"` : 'DMI does not name VMware',
    ...pciEvidence(facts),
    leafEvidence(facts),
  ];
  const leaf = leafOf(facts);
  if (leaf === 'vmware') return { verdict: dmi || hardware ? 'found' : 'maybe', evidence };
  if (dmi && hardware)
    return { verdict: 'found', evidence: [...evidence, 'DMI and devices outweigh the leaf'] };
  return { verdict: dmi ? 'maybe' : 'no', evidence };
}

export const vmware: Driver = {
  name: 'vmware',
  title: 'VMware vSphere',
  detect,
  plan: (facts) => [
    // Merged receive segments must not be forwarded to guests or into a tunnel, so LRO goes off.
    ...nicPlans(facts, { offloads: { lro: false } }),
    // A datastore may stall for its failover time; VMware's own tools set 180 s for SCSI disks.
    ...diskPlans(facts, { scheduler: 'none', timeoutSeconds: 180 }),
    clockPlan(['tsc', 'hpet', 'acpi_pm']),
    nestedPlan(facts),
  ],
};
