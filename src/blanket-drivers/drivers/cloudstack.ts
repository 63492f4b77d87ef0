/**
 * Apache CloudStack on KVM. Its product's name says which hypervisor it drives ("CloudStack KVM Hypervisor"); on
 * VMware and Xen it writes no name, and those hypervisors' drivers serve. One release left the name empty.
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed } from './named.ts';

function detect(facts: Facts): Judgement {
  const product = dmiEvidence(facts, { product_name: /^CloudStack/ });
  const maker = dmiEvidence(facts, { sys_vendor: /^Apache Software Foundation$/ });
  const base = judgeNamed(facts, { title: 'CloudStack', on: 'kvm', named: [...product, ...maker] });
  return product.length === 0 && base.verdict === 'found' ? { ...base, verdict: 'maybe' } : base;
}

export const cloudstack: Driver = {
  name: 'cloudstack',
  title: 'Apache CloudStack on KVM',
  scope: 'cloud',
  signs:
    'DMI product that begins with "CloudStack" (the vendor "Apache Software Foundation" alone: maybe); KVM leaf',
  sources: [
    'https://docs.cloud-init.io/en/latest/reference/datasources/cloudstack.html',
    'https://github.com/apache/cloudstack/issues/9607',
    'https://docs.cloudstack.apache.org/en/latest/installguide/hypervisor/kvm.html',
  ],
  detect,
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['virtio_net'] },
      disk: { drivers: ['virtio_blk', 'virtio_scsi'], scheduler: 'none' },
      clock: { prefer: clockSources(facts, ['kvm-clock']) },
      console: 'ttyS0',
      howTo:
        "Ask the cloud's operator for KVM hosts with nested=1 and guest.cpu.mode=host-passthrough in the CloudStack agent's agent.properties.",
      notices: 'none',
    }),
};
