/** DigitalOcean's Droplets: KVM with virtio. */
import type { Driver } from '../driver.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed } from './named.ts';

export const digitalocean: Driver = {
  name: 'digitalocean',
  title: 'DigitalOcean',
  scope: 'cloud',
  signs: 'DMI vendor "DigitalOcean"; KVM leaf',
  sources: ['https://docs.cloud-init.io/en/latest/reference/datasources/digitalocean.html'],
  detect: (facts) =>
    judgeNamed(facts, {
      title: 'DigitalOcean',
      on: 'kvm',
      named: dmiEvidence(facts, { sys_vendor: /^DigitalOcean$/ }),
    }),
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['virtio_net'] },
      disk: { drivers: ['virtio_blk', 'virtio_scsi'], scheduler: 'none' },
      clock: { prefer: clockSources(facts, ['kvm-clock']) },
      console: 'ttyS0', // as its images have it; the web console shows the screen
      howTo:
        'DigitalOcean has no switch and promises nothing: make the Droplet anew with another plan or in another region, and look for vmx or svm in /proc/cpuinfo.',
      notices: 'none',
    }),
};
