/**
 * VMware ESXi, vSphere and the clouds on it: pvscsi disks, vmxnet3 NICs (PCI vendor 15ad).
 * Leaf, DMI and devices agree on a real one. QEMU can lend a machine VMware's DMI strings and devices but never
 * its CPUID leaf, so DMI together with a paravirtual device is enough, and the evidence tells of the leaf.
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockSources, planOf } from '../plans.ts';
import { leafEvidence, leafOf } from './leaf.ts';
import { pciEvidence } from './named.ts';

const devices = { '07b0': 'vmxnet3', '07c0': 'pvscsi', '0405': 'SVGA', '0740': 'VMCI' };
const paravirtual = ['07b0', '07c0', '0740'];

function detect(facts: Facts): Judgement {
  const dmi = facts.dmi.sys_vendor?.startsWith('VMware') === true;
  const hardware = facts.pci.some(({ vendor, device }) => vendor === '15ad' && paravirtual.includes(device));
  const evidence = [
    dmi ? `DMI vendor is "${facts.dmi.sys_vendor}"` : 'DMI does not name VMware',
    ...pciEvidence(facts, 'VMware', '15ad', devices),
    leafEvidence(facts),
  ];
  const leaf = leafOf(facts);
  if (leaf === 'vmware') return { verdict: dmi || hardware ? 'found' : 'maybe', evidence };
  if (dmi && hardware && ['tcg', 'own-xen', 'none'].includes(leaf)) {
    return { verdict: 'found', evidence: [...evidence, 'DMI and devices outweigh the leaf'] };
  }
  return { verdict: dmi ? 'maybe' : 'no', evidence };
}

export const vmware: Driver = {
  name: 'vmware',
  title: 'VMware vSphere',
  scope: 'hypervisor',
  signs:
    'VMware leaf with DMI vendor "VMware, Inc." or its paravirtual PCI devices (15ad); both of these together where the leaf is an emulator\'s',
  sources: [
    'https://kb.vmware.com/s/article/1009465',
    'https://kb.vmware.com/s/article/1006427',
    'https://developer.broadcom.com/xapis/vmware-cloud-director-api/latest/doc/operations/POST-EnabledNestedHv.html',
  ],
  detect,
  plan: (facts) =>
    planOf(facts, {
      // Merged receive segments must not be forwarded to guests or into a tunnel, so LRO goes off.
      nic: { cards: ['vmxnet3'], offloads: { lro: false } },
      // A datastore may stall for its failover time; VMware's own tools set 180 s for SCSI disks.
      disk: { drivers: ['vmw_pvscsi', 'nvme'], scheduler: 'none', timeoutSeconds: 180 },
      clock: { prefer: clockSources(facts, []) },
      console: 'ttyS0',
      howTo:
        'Shut the VM down and tick "Expose hardware assisted virtualization to the guest OS" in its CPU settings (nestedHVEnabled in the API, vhv.enable = "TRUE" in the .vmx file).',
      notices: 'none',
    }),
};
