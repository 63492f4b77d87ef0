/** Alibaba Cloud's Elastic Compute Service: KVM with virtio, or bare metal (`ebm` types) under the same names. */
import type { Driver } from '../driver.ts';
import { clockSources, planOf } from '../plans.ts';
import { dmiEvidence, judgeNamed } from './named.ts';

export const alibaba: Driver = {
  name: 'alibaba',
  title: 'Alibaba Cloud ECS',
  scope: 'cloud',
  signs: 'DMI product "Alibaba Cloud ECS"; KVM leaf, or none on bare metal',
  sources: [
    'https://docs.cloud-init.io/en/latest/reference/datasources/aliyun.html',
    'https://www.alibabacloud.com/help/en/ecs/user-guide/alibaba-cloud-ntp-server',
    'https://www.alibabacloud.com/help/en/ecs/user-guide/query-the-interruption-events-of-preemptible-instances',
  ],
  detect: (facts) =>
    judgeNamed(facts, {
      title: 'Alibaba Cloud',
      on: 'kvm',
      named: dmiEvidence(facts, { product_name: /^Alibaba Cloud ECS$/ }),
      metal: true,
    }),
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['virtio_net'] },
      disk: { drivers: ['virtio_blk', 'nvme'], scheduler: 'none' },
      clock: {
        prefer: clockSources(facts, ['kvm-clock']),
        servers: ['ntp.cloud.aliyuncs.com'],
      },
      console: 'ttyS0',
      howTo:
        'ECS has no switch for it: use an ECS Bare Metal instance type (ebm in its name), whose CPU shows the extension.',
      notices: 'alibaba',
    }),
};
