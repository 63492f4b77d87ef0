/**
 * A Hyper-V that is not Azure: a company's own, or a desktop's. "Virtual Machine" by Microsoft; a Surface has the
 * maker with another product. A generation 1 VM may have nothing but emulated devices.
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed } from './named.ts';
import { hypervClocks, vmbusEvidence } from './vmbus.ts';

function detect(facts: Facts): Judgement {
  const { sys_vendor: maker, product_name: product, chassis_asset_tag: tag } = facts.dmi;
  const isNamed = maker === 'Microsoft Corporation' && product === 'Virtual Machine';
  const named = isNamed ? dmiEvidence(facts, { sys_vendor: /./, product_name: /./ }) : [];
  const base = judgeNamed(facts, { title: 'Hyper-V', on: 'hyperv', named });
  const evidence = [...base.evidence, ...vmbusEvidence(facts)];
  if (tag !== '7783-7084-3265-9085-8269-3286-77') return { ...base, evidence };
  return { verdict: 'no', evidence: [...evidence, "but the chassis asset tag is Azure's"] };
}

export const hyperv: Driver = {
  name: 'hyperv',
  title: 'Microsoft Hyper-V',
  scope: 'hypervisor',
  signs: 'DMI "Virtual Machine" by Microsoft Corporation without Azure\'s asset tag; Hyper-V leaf',
  sources: [
    'https://docs.kernel.org/virt/hyperv/index.html',
    'https://learn.microsoft.com/en-us/windows-server/virtualization/hyper-v/best-practices-for-running-linux-on-hyper-v',
    'https://learn.microsoft.com/en-us/virtualization/hyper-v-on-windows/user-guide/nested-virtualization',
  ],
  detect,
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['hv_netvsc'], offloads: { lro: false } }, // merged segments must not be forwarded
      disk: { drivers: ['hv_storvsc'], scheduler: 'none', timeoutSeconds: 300 },
      clock: { prefer: clockSources(facts, hypervClocks) },
      console: 'ttyS0',
      howTo:
        'Shut the VM down and run `Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true` on the Hyper-V that carries it.',
      notices: 'none',
    }),
};
