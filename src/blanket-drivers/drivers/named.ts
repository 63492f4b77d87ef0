/** One rule for all clouds that write their name into DMI: name and hypervisor must agree. */
import type { Judgement, Verdict } from '../driver.ts';
import type { Facts } from '../facts.ts';
import { type Hypervisor, isBareMetal, leafEvidence, leafOf } from './leaf.ts';

export type Named = {
  /** The cloud as a sentence calls it. */
  title: string;
  /** What it runs its VMs on. */
  on: Exclude<Hypervisor, 'tcg'>;
  /** Evidence that DMI names the cloud; none: it does not. */
  named: readonly string[];
  /** Whether it sells bare metal under the same names. */
  metal?: boolean;
};

/**
 * The emulator's leaf is as good as the cloud's own: it is all that a test cloud made of QEMU can show, and nobody
 * else runs a cloud's names on it. Another hypervisor's leaf contradicts the name.
 */
export function judgeNamed(facts: Facts, { title, on, named, metal = false }: Named): Judgement {
  const leaf = leafOf(facts);
  const read = leafEvidence(facts);
  if (named.length === 0) return { verdict: 'no', evidence: [`DMI does not name ${title}`, read] };
  const judge = (verdict: Verdict, said = ''): Judgement => ({
    verdict,
    evidence: [...named, `${read}${said}`],
  });
  if (leaf === on || leaf === 'own-xen') return judge('found');
  if (leaf === 'tcg') return judge('found', ", which is QEMU's emulator");
  if (leaf === 'none') return judge(metal && isBareMetal(facts) ? 'found' : 'maybe');
  if (leaf === 'unknown') return judge('maybe', ', which no cloud is known for');
  // KVM shows Hyper-V's leaf for the sake of Windows guests; only a real Hyper-V has a VMBus.
  if (on === 'kvm' && leaf === 'hyperv' && facts.vmbus.length === 0)
    return judge('maybe', ' but there is no VMBus, so it may be KVM that poses for Windows');
  return judge('no', `, which is not what ${title} runs on`);
}

/** `DMI chassis asset tag is "…"`, for the fields whose value is as expected. */
export function dmiEvidence({ dmi }: Facts, expected: Record<string, RegExp>): string[] {
  return Object.entries(expected).flatMap(([field, pattern]) => {
    const value = dmi[field];
    return value !== undefined && pattern.test(value) ? [`DMI ${fieldTitle(field)} is "${value}"`] : [];
  });
}

const titles: Record<string, string> = { sys_vendor: 'vendor', product_name: 'product' };
const fieldTitle = (field: string): string => titles[field] ?? field.replaceAll('_', ' ');

/** `PCI has Amazon's NIC 1d0f:ec20`, one clause for all of a maker's devices. */
export function pciEvidence(
  { pci }: Facts,
  maker: string,
  vendor: string,
  names: Record<string, string>,
): string[] {
  const found = pci
    .filter((device) => device.vendor === vendor)
    .map(({ device }) => `${names[device] ?? 'device'} ${vendor}:${device}`);
  return found.length === 0 ? [] : [`PCI has ${maker}'s ${[...new Set(found)].join(', ')}`];
}
