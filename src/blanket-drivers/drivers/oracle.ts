/**
 * Oracle Cloud Infrastructure: KVM with virtio, or a Mellanox virtual function for the NIC; bare metal shapes have the
 * same asset tag on a server maker's DMI. VirtualBox names Oracle, too, as the board's maker, and is none.
 */
import type { Driver } from '../driver.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed } from './named.ts';

export const oracle: Driver = {
  name: 'oracle',
  title: 'Oracle Cloud Infrastructure',
  scope: 'cloud',
  signs: 'DMI chassis asset tag "OracleCloud.com"; KVM leaf, or none on bare metal',
  sources: [
    'https://docs.cloud-init.io/en/latest/reference/datasources/oracle.html',
    'https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/configuringntpservice.htm',
  ],
  detect: (facts) =>
    judgeNamed(facts, {
      title: 'Oracle Cloud',
      on: 'kvm',
      named: dmiEvidence(facts, { chassis_asset_tag: /^OracleCloud\.com$/ }),
      metal: true,
    }),
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['virtio_net', 'mlx5_core'], offloads: { lro: false } }, // merged segments must not be forwarded
      disk: { drivers: ['virtio_scsi', 'virtio_blk', 'nvme'], scheduler: 'none' },
      clock: {
        prefer: clockSources(facts, ['kvm-clock']),
        servers: ['169.254.169.254'],
      },
      console: 'ttyS0',
      howTo:
        'OCI has no switch for it: use a bare metal shape (BM. in its name), whose CPU shows the extension.',
      notices: 'none',
    }),
};
