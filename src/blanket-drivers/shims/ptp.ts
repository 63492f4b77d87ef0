/**
 * A cloud's clock as a PTP device. The kernel names it in /sys/class/ptp/<ptpN>/clock_name; the names are those that
 * Linux' drivers give (drivers/ptp/ptp_kvm_common.c, drivers/hv/hv_util.c, drivers/ptp/ptp_vmw.c, ENA's ena_phc.c).
 */
import type { Files } from '../access.ts';
import { isLoaded, loadModule } from './module.ts';
import type { Part } from './parts.ts';
import { messageOf, set } from './report.ts';
import type { ClockPlan } from './shim.ts';

const names: Record<NonNullable<ClockPlan['ptp']>, RegExp> = {
  ptp_kvm: /^KVM virtual PTP/,
  hv_utils: /^hyperv/,
  ptp_vmw: /^ptp_vmw/,
  ena: /^ena/,
};

/** @returns `/dev/ptp<n>` of this cloud's clock, when it is there. */
export async function ptpDevice(files: Files, module: ClockPlan['ptp']): Promise<string | undefined> {
  if (module === undefined) return undefined;
  for (const device of await files.list('/sys/class/ptp')) {
    const name = (await files.text(`/sys/class/ptp/${device}/clock_name`)) ?? '';
    if (names[module].test(name) && (await files.exists(`/dev/${device}`))) return `/dev/${device}`;
  }
  return undefined;
}

export const ptp: Part<ClockPlan> = {
  async do(plan, host, remember) {
    if (plan.ptp === undefined || (await ptpDevice(host.files, plan.ptp)) !== undefined) return;
    try {
      await loadModule(host, remember, plan.ptp);
    } catch (error) {
      // Not every host of a cloud has its clock: the module then finds no device. Servers serve such a host.
      if (!/No such device|not found in directory|not supported/i.test(messageOf(error))) throw error;
    }
  },
  async verify({ ptp: module }, { files }) {
    if (module === undefined) return undefined;
    const device = await ptpDevice(files, module);
    if (device !== undefined) return set(`PTP clock ${device} of ${module}`);
    const loaded = await isLoaded(files, module);
    return set(`no PTP clock here (${module} is ${loaded ? '' : 'not '}loaded)`);
  },
};
