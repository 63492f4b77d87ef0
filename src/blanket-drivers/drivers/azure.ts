/**
 * Azure: Hyper-V with an asset tag that all its VMs have and no other Hyper-V does. Disks over VMBus (storvsc) or
 * NVMe; cards over VMBus (netvsc), with a Mellanox or MANA virtual function below them.
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed, pciEvidence } from './named.ts';
import { hypervClocks, vmbusEvidence } from './vmbus.ts';

/** ASCII for "MSFT AZURE VM", backwards in decimal; cloud-init and Azure's agent look for it. */
const assetTag = /^7783-7084-3265-9085-8269-3286-77$/;

function detect(facts: Facts): Judgement {
  const named = dmiEvidence(facts, { chassis_asset_tag: assetTag });
  const base = judgeNamed(facts, { title: 'Azure', on: 'hyperv', named });
  const evidence = [
    ...base.evidence,
    ...vmbusEvidence(facts),
    ...pciEvidence(facts, 'Microsoft', '1414', { '00ba': 'network card (MANA)' }),
  ];
  const { sys_vendor: maker } = facts.dmi;
  if (base.verdict !== 'found' || maker === 'Microsoft Corporation') return { ...base, evidence };
  return { verdict: 'maybe', evidence: [...evidence, `but DMI vendor is "${maker ?? ''}"`] };
}

export const azure: Driver = {
  name: 'azure',
  title: 'Microsoft Azure',
  scope: 'cloud',
  signs:
    'DMI chassis asset tag 7783-7084-3265-9085-8269-3286-77 by Microsoft Corporation; Hyper-V leaf, VMBus devices',
  sources: [
    'https://github.com/canonical/cloud-init/blob/main/cloudinit/sources/azure/identity.py',
    'https://learn.microsoft.com/en-us/azure/virtual-machines/linux/time-sync',
    'https://learn.microsoft.com/en-us/azure/virtual-machines/nvme-linux',
    'https://github.com/Azure/WALinuxAgent#configuration-file-options',
    'https://learn.microsoft.com/en-us/virtualization/hyper-v-on-windows/user-guide/nested-virtualization',
  ],
  detect,
  plan: (facts) =>
    planOf(facts, {
      // Merged receive segments must not be forwarded to guests or into a tunnel, so LRO goes off.
      nic: { cards: ['hv_netvsc', 'mana'], offloads: { lro: false } },
      // Azure's agent sets 300 s for SCSI, Azure's guide 240 s for NVMe: a storage failover takes that long.
      disk: {
        drivers: ['hv_storvsc', 'nvme'],
        scheduler: 'none',
        timeoutSeconds: 300,
        nvmeTimeoutSeconds: 240,
      },
      // Azure has no time server of its own: its guide asks for the host's clock, shown as a PTP device.
      clock: {
        prefer: clockSources(facts, hypervClocks),
      },
      console: 'ttyS0',
      howTo:
        'Azure has no switch: resize the VM to a size whose page says that nested virtualization is supported (many from Dv3 and Ev3 on), with the security type Standard.',
      notices: 'azure',
    }),
};
