/**
 * OpenStack with Nova's libvirt driver on KVM (or, in test clouds, on QEMU's emulator): virtio everywhere.
 * DMI strings: Nova writes "OpenStack Nova", RHEL's "OpenStack Compute"; some public clouds put
 * their own name into the chassis asset tag (the list is OpenStack's, as cloud-init documents it).
 */
import type { Driver, Judgement } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { clockPlan, diskPlans, nestedPlan, nicPlans } from '../plans.ts';
import { leafEvidence, leafOf } from './leaf.ts';

const products = ['OpenStack Nova', 'OpenStack Compute'];
const assetTags = [...products, 'OpenTelekomCloud', 'SAP CCloud VM', 'HUAWEICLOUD', 'Samsung Cloud Platform'];

function dmiEvidence({ dmi }: Facts): string[] {
  const evidence: string[] = [];
  const { product_name: product, chassis_asset_tag: tag, sys_vendor: maker } = dmi;
  if (product !== undefined && products.includes(product)) evidence.push(`DMI product is "${product}"`);
  if (tag !== undefined && assetTags.includes(tag)) evidence.push(`DMI chassis asset tag is "${tag}"`);
  if (maker === 'OpenStack Foundation') evidence.push(`DMI vendor is "${maker}"`);
  return evidence;
}

function detect(facts: Facts): Judgement {
  const dmi = dmiEvidence(facts);
  const leaf = leafOf(facts);
  const evidence = [...dmi, leafEvidence(facts)];
  if (dmi.length === 0)
    return { verdict: 'no', evidence: ['DMI does not name OpenStack', leafEvidence(facts)] };
  if (leaf === 'kvm') return { verdict: 'found', evidence };
  if (leaf === 'tcg') return { verdict: 'found', evidence: [...evidence, "which is Nova's virt_type=qemu"] };
  if (leaf === 'none') return { verdict: 'maybe', evidence };
  return { verdict: 'no', evidence: [...evidence, 'so OpenStack drives another hypervisor than KVM here'] };
}

export const openstackKvm: Driver = {
  name: 'openstack-kvm',
  title: 'OpenStack on KVM',
  detect,
  plan: (facts) => [
    ...nicPlans(facts, {}),
    ...diskPlans(facts, { scheduler: 'none' }), // the cloud's own storage orders requests
    clockPlan(['kvm-clock', 'tsc', 'hpet', 'acpi_pm']),
    nestedPlan(facts),
  ],
};
