/**
 * AWS before Nitro (T2, M4 and older): Xen, with blkfront disks and netfront or Intel network cards.
 * PV instances have no DMI, only /sys/hypervisor/uuid; HVM ones have Xen's DMI with a BIOS version that ends in
 * `.amazon`, and a Xen of anybody else may give a UUID that begins with ec2 by chance.
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockSources, planOf } from '../plans.ts';
import { ec2Evidence, isEc2Uuid } from './ec2-uuid.ts';
import { leafEvidence, leafOf } from './leaf.ts';
import { dmiEvidence } from './named.ts';

function uuidEvidence({ dmi, hypervisor }: Facts): string[] {
  const uuids: [string, string | undefined][] = [
    ['/sys/hypervisor/uuid', hypervisor.sysUuid],
    ['the product UUID', dmi.product_uuid],
  ];
  return uuids.flatMap(([name, uuid]) =>
    uuid !== undefined && isEc2Uuid(uuid) ? [ec2Evidence(name, uuid)] : [],
  );
}

function detect(facts: Facts): Judgement {
  const uuids = uuidEvidence(facts);
  const bios = dmiEvidence(facts, { bios_version: /\.amazon$/ });
  const hasDmi = Object.keys(facts.dmi).length > 0;
  const evidence = [
    ...(uuids.length > 0 ? uuids : ['no UUID begins with ec2']),
    ...bios,
    ...(hasDmi && bios.length === 0 ? ['DMI does not name Amazon'] : []),
    leafEvidence(facts),
  ];
  if (leafOf(facts) !== 'xen' || (hasDmi && bios.length === 0)) return { verdict: 'no', evidence };
  if (uuids.length > 0) return { verdict: 'found', evidence };
  return { verdict: bios.length > 0 ? 'maybe' : 'no', evidence };
}

export const awsXen: Driver = {
  name: 'aws-xen',
  title: 'AWS (Xen)',
  scope: 'cloud',
  signs:
    'Xen leaf, a UUID that begins with ec2 in /sys/hypervisor or DMI, and a BIOS version that ends in .amazon where there is DMI',
  sources: [
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html',
    'https://repost.aws/knowledge-center/manage-ec2-linux-clock-source',
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-ec2-ntp.html',
  ],
  detect,
  plan: (facts) =>
    planOf(facts, {
      // The xenbus drivers call themselves by the device's type in sysfs: vif is xen-netfront, vbd is xen-blkfront.
      nic: { cards: ['vif', 'ixgbevf', 'ena'] },
      disk: { drivers: ['vbd', 'nvme'], scheduler: 'none', nvmeTimeoutSeconds: 4_294_967_295 },
      clock: {
        // AWS asks for the TSC on its Xen instances, whatever the flags say: Xen's clock costs a system call.
        prefer: ['tsc', ...clockSources(facts, ['xen']).filter((source) => source !== 'tsc')],
        servers: ['169.254.169.123'],
      },
      console: 'ttyS0',
      howTo:
        "AWS's Xen instances cannot: launch a Nitro instance whose type lists nested-virtualization, with the CPU option NestedVirtualization=enabled.",
      notices: 'aws',
    }),
};
