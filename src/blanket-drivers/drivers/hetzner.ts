/** Hetzner Cloud: KVM with virtio. Hetzner's dedicated servers have their makers' DMI and are none of this. */
import type { Driver } from '../driver.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed } from './named.ts';

export const hetzner: Driver = {
  name: 'hetzner',
  title: 'Hetzner Cloud',
  scope: 'cloud',
  signs: 'DMI vendor "Hetzner"; KVM leaf',
  sources: [
    'https://github.com/canonical/cloud-init/blob/main/tools/ds-identify',
    'https://community.hetzner.com/tutorials/install-and-configure-ntp',
  ],
  detect: (facts) =>
    judgeNamed(facts, {
      title: 'Hetzner',
      on: 'kvm',
      named: dmiEvidence(facts, { sys_vendor: /^Hetzner$/ }),
    }),
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['virtio_net'] },
      disk: { drivers: ['virtio_scsi', 'virtio_blk'], scheduler: 'none' },
      clock: {
        prefer: clockSources(facts, ['kvm-clock']),
        servers: ['ntp1.hetzner.de', 'ntp2.hetzner.com', 'ntp3.hetzner.net'],
      },
      console: 'ttyS0', // as its images have it; the web console shows the screen
      howTo:
        "Hetzner Cloud has no switch for it: use one of Hetzner's dedicated servers, through the `ssh` cloud.",
      notices: 'none',
    }),
};
