/**
 * Memory: whether equal pages are merged, where huge pages are used, whether a guest may have its memory brought after it, and how
 * the cloud takes memory back.
 */
import { isLoaded, loadModule } from './module.ts';
import { ofParts, type Part } from './parts.ts';
import { messageOf, refused, set } from './report.ts';
import { verifySetting, writeSetting } from './setting.ts';
import type { MemoryPlan } from './shim.ts';

const mergeFile = '/sys/kernel/mm/ksm/run';
const hugeFile = '/sys/kernel/mm/transparent_hugepage/enabled';
/**
 * In post-copy QEMU, which has no privileges, answers faults in a guest's memory that KVM runs into inside the kernel
 * (Documentation/admin-guide/sysctl/vm.rst). Debian's libvirt lacks the file that sets this elsewhere.
 */
const faultsFile = '/proc/sys/vm/unprivileged_userfaultfd';

const merging: Part<MemoryPlan> = {
  do: ({ ksm }, host, remember) => writeSetting(host, remember, mergeFile, ksm ? '1' : '0'),
  async verify({ ksm }, { files }) {
    if (!(await files.exists(mergeFile)))
      return ksm ? refused('this kernel cannot merge pages') : set('no KSM in this kernel');
    const { outcome } = await verifySetting(files, mergeFile, ksm ? '1' : '0');
    const is = outcome === 'set' ? ksm : !ksm;
    return { outcome, detail: `KSM is ${is ? 'on' : 'off'}` };
  },
};

const hugePages: Part<MemoryPlan> = {
  do: (plan, host, remember) => writeSetting(host, remember, hugeFile, plan.hugePages),
  async verify(plan, { files }) {
    if (!(await files.exists(hugeFile))) return refused('this kernel has no transparent huge pages');
    const { outcome, detail } = await verifySetting(files, hugeFile, plan.hugePages);
    return { outcome, detail: `huge pages: ${detail.replace(/^enabled[= ]?/, '')}` };
  },
};

const faults: Part<MemoryPlan> = {
  do: (_plan, host, remember) => writeSetting(host, remember, faultsFile, '1'),
  async verify(_plan, { files }) {
    if (!(await files.exists(faultsFile))) return refused('this kernel knows no post-copy');
    const { outcome } = await verifySetting(files, faultsFile, '1');
    const allowed = outcome === 'set';
    return { outcome, detail: `post-copy is ${allowed ? '' : 'not '}allowed` };
  },
};

const balloon: Part<MemoryPlan> = {
  async do(plan, host, remember) {
    if (plan.balloon === undefined) return;
    try {
      await loadModule(host, remember, plan.balloon);
    } catch (error) {
      // Without the cloud's device there is nothing to serve; `verify` tells.
      if (!/No such device|not found in directory/i.test(messageOf(error))) throw error;
    }
  },
  async verify(plan, { files }) {
    if (plan.balloon === undefined) return undefined;
    return (await isLoaded(files, plan.balloon))
      ? set(`${plan.balloon} is loaded`)
      : refused(`${plan.balloon} finds no device here, so the cloud cannot take memory back`);
  },
};

export const memory = ofParts<MemoryPlan>(() => '', [merging, hugePages, faults, balloon]);
