/**
 * Google Compute Engine: KVM (or bare metal), virtio-scsi or NVMe disks, virtio-net or gVNIC cards.
 * The product's name was not always there, so the serial number counts as well; a Chromebook has the maker only.
 */
import type { Driver } from '../driver.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed, pciEvidence } from './named.ts';

export const gce: Driver = {
  name: 'gce',
  title: 'Google Compute Engine',
  scope: 'cloud',
  signs:
    'DMI product "Google Compute Engine" or a serial number that begins with GoogleCloud-; KVM leaf, or none on bare metal',
  sources: [
    'https://cloud.google.com/compute/docs/instances/detect-compute-engine',
    'https://cloud.google.com/compute/docs/networking/using-gvnic',
    'https://cloud.google.com/compute/docs/instances/configure-ntp',
    'https://cloud.google.com/compute/docs/instances/nested-virtualization/enabling',
  ],
  detect(facts) {
    const named = [
      ...dmiEvidence(facts, { product_name: /^Google Compute Engine$/ }),
      ...(facts.dmi.product_serial?.startsWith('GoogleCloud-')
        ? ['DMI product serial begins with GoogleCloud-']
        : []),
    ];
    const base = judgeNamed(facts, { title: 'Google Compute Engine', on: 'kvm', named, metal: true });
    return {
      ...base,
      evidence: [...base.evidence, ...pciEvidence(facts, 'Google', '1ae0', { '0042': 'gVNIC' })],
    };
  },
  plan: (facts) =>
    planOf(facts, {
      // The gVNIC's driver was called gvnic in sysfs before it was called gve.
      nic: { cards: ['virtio_net', 'gve', 'gvnic', 'idpf'] },
      disk: { drivers: ['virtio_scsi', 'nvme'], scheduler: 'none' },
      clock: {
        prefer: clockSources(facts, ['kvm-clock']),
        servers: ['metadata.google.internal'],
      },
      console: 'ttyS0',
      howTo:
        'Stop the VM, set advancedMachineFeatures.enableNestedVirtualization (`gcloud compute instances update NAME --enable-nested-virtualization`) and start it, on an Intel machine series other than E2.',
      notices: 'gce',
    }),
};
