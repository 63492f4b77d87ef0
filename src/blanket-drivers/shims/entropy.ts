/**
 * What feeds the kernel's random generator beside its own sources: a device of the hypervisor's, or the CPU's.
 * Nobody waits for it: a machine without any such device has interrupts and RDRAND.
 */

import type { HostAccess } from '../access.ts';
import { ofParts, type Part } from './parts.ts';
import { refused, set, setIf } from './report.ts';
import type { EntropyPlan } from './shim.ts';

const base = '/sys/class/misc/hw_random';
const currentFile = `${base}/rng_current`;
/** `entropy_avail` is this from the moment the generator is ready, since Linux 5.18; before that it grows past it. */
const readyBits = 256;
const key = 'rng';

async function best(plan: EntropyPlan, { files }: HostAccess): Promise<string | undefined> {
  const offered = ((await files.text(`${base}/rng_available`)) ?? '').trim().split(/\s+/);
  return plan.prefer.find((source) => offered.includes(source));
}

const source: Part<EntropyPlan> = {
  async do(plan, host, remember) {
    const wanted = await best(plan, host);
    const now = (await host.files.text(currentFile))?.trim() ?? '';
    if (wanted === undefined || wanted === now) return;
    await remember({ [key]: now });
    await host.files.write(currentFile, wanted);
  },
  /** An empty line lets the kernel choose, which is what it had done where it says `none`. */
  async undo(_plan, before, { files }) {
    const was = before[key];
    if (was !== undefined && (await files.exists(currentFile)))
      await files.write(currentFile, was === 'none' ? '\n' : was);
  },
  async verify(plan, host) {
    const wanted = await best(plan, host);
    const now = (await host.files.text(currentFile))?.trim() ?? 'none';
    if (wanted !== undefined)
      return setIf(now === wanted, `fed by ${now}${now === wanted ? '' : `, not ${wanted}`}`);
    if (now !== 'none' && now !== '') return set(`fed by ${now}`);
    const cpu = /^flags\s*:.*\brdrand\b/m.test((await host.files.text('/proc/cpuinfo')) ?? '');
    return cpu
      ? set('fed by RDRAND and interrupts')
      : refused('fed by interrupts alone: no device and no RDRAND');
  },
};

const ready: Part<EntropyPlan> = {
  async verify(_plan, { files }) {
    const bits = Number(await files.text('/proc/sys/kernel/random/entropy_avail'));
    return setIf(
      bits >= readyBits,
      `random generator is ${bits >= readyBits ? '' : 'not '}ready (${bits} bits)`,
    );
  },
};

export const entropy = ofParts<EntropyPlan>(() => '', [source, ready]);
