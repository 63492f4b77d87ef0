/**
 * OpenStack with Nova's libvirt driver on KVM (or, in test clouds, on QEMU's emulator): virtio everywhere.
 * DMI strings: Nova writes "OpenStack Nova", RHEL's "OpenStack Compute"; some public clouds put
 * their own name into the chassis asset tag (the list is OpenStack's, as cloud-init documents it).
 */
import type { Driver } from '../driver.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed } from './named.ts';

const expected = {
  product_name: /^OpenStack (Nova|Compute)$/,
  chassis_asset_tag:
    /^(OpenStack Nova|OpenStack Compute|OpenTelekomCloud|SAP CCloud VM|HUAWEICLOUD|Samsung Cloud Platform)$/,
  sys_vendor: /^OpenStack Foundation$/,
};

export const openstackKvm: Driver = {
  name: 'openstack-kvm',
  title: 'OpenStack on KVM',
  scope: 'cloud',
  signs:
    'DMI product "OpenStack Nova" or "OpenStack Compute", vendor "OpenStack Foundation", or the asset tag of a public OpenStack; KVM leaf',
  sources: [
    'https://docs.cloud-init.io/en/latest/reference/datasources/openstack.html',
    'https://docs.openstack.org/nova/latest/admin/cpu-models.html',
    'https://docs.openstack.org/nova/latest/configuration/config.html#libvirt.cpu_mode',
  ],
  detect: (facts) =>
    judgeNamed(facts, { title: 'OpenStack', on: 'kvm', named: dmiEvidence(facts, expected) }),
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['virtio_net'] },
      disk: { drivers: ['virtio_blk', 'virtio_scsi'], scheduler: 'none' }, // the cloud's own storage orders requests
      clock: { prefer: clockSources(facts, ['kvm-clock']) },
      console: 'ttyS0',
      howTo:
        "Ask the cloud's operator for a flavor on compute nodes with kvm_intel or kvm_amd loaded with nested=1 and [libvirt] cpu_mode = host-passthrough (or cpu_model_extra_flags = vmx) in nova.conf.",
      notices: 'none',
    }),
};
