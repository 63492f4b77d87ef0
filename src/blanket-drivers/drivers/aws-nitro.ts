/**
 * AWS on Nitro: a KVM of its own with ENA network cards and NVMe disks, or a whole machine (`.metal`) with the same.
 * The UUID alone does not make an AWS: one in 4096 begins with ec2 by chance, so the maker must say Amazon, too.
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockSources, planOf } from '../plans.ts';
import { ec2Evidence, isEc2Uuid } from './ec2-uuid.ts';
import { dmiEvidence, judgeNamed, pciEvidence } from './named.ts';

const devices = {
  ec20: 'network card (ENA)',
  ec21: 'network card (ENA)',
  '8061': 'NVMe disk',
  '0061': 'NVMe disk',
};

function detect(facts: Facts): Judgement {
  const { product_uuid: uuid, product_name: product, sys_vendor: maker } = facts.dmi;
  const named = dmiEvidence(facts, { sys_vendor: /^Amazon EC2$/, bios_vendor: /^Amazon EC2$/ });
  const isEc2 = isEc2Uuid(uuid);
  if (named.length === 0 && isEc2) {
    return {
      verdict: 'no',
      evidence: [`${ec2Evidence('the product UUID', uuid ?? '')}, but DMI vendor is "${maker ?? ''}"`],
    };
  }
  const hardware = pciEvidence(facts, 'Amazon', '1d0f', devices);
  const base = judgeNamed(facts, { title: 'AWS', on: 'kvm', named, metal: true });
  const metal = product?.includes('.metal') ? [`the instance type ${product} is bare metal`] : [];
  const uuidSays = isEc2
    ? ec2Evidence('the product UUID', uuid ?? '')
    : 'no product UUID that begins with ec2';
  const evidence = [...base.evidence, ...(named.length > 0 ? [uuidSays] : []), ...hardware, ...metal];
  const isSure = isEc2 || hardware.length > 0;
  return { verdict: base.verdict === 'found' && !isSure ? 'maybe' : base.verdict, evidence };
}

export const awsNitro: Driver = {
  name: 'aws-nitro',
  title: 'AWS (Nitro)',
  scope: 'cloud',
  signs:
    'DMI vendor "Amazon EC2" with a UUID that begins with ec2 (either byte order) or Amazon\'s PCI devices; KVM leaf, or none on .metal',
  sources: [
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html',
    'https://docs.aws.amazon.com/ebs/latest/userguide/timeout-nvme-ebs-volumes.html',
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-ec2-ntp.html',
    'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/amazon-ec2-nested-virtualization.html',
  ],
  detect,
  plan: (facts) =>
    planOf(facts, {
      nic: { cards: ['ena'] },
      // EBS answers in the end: AWS asks for the largest time-out that the kernel takes.
      disk: { drivers: ['nvme'], scheduler: 'none', nvmeTimeoutSeconds: 4_294_967_295 },
      clock: {
        prefer: clockSources(facts, ['kvm-clock']),
        servers: ['169.254.169.123'],
      },
      console: 'ttyS0',
      howTo:
        'Stop it, set its CPU option NestedVirtualization (`aws ec2 modify-instance-cpu-options --instance-id ID --nested-virtualization enabled`) and start it, on an instance type whose `aws ec2 describe-instance-types` lists nested-virtualization among its processor features; a .metal type needs no option.',
      notices: 'aws',
    }),
};
