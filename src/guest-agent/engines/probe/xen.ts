/** Xen as this host's engine: is it booted on a Xen of its own? */
import type { Files } from '../../../blanket-drivers/access.ts';
import type { EngineProbe } from '../../../wire/methods/engines.ts';

/**
 * /sys/hypervisor/type is `xen` in any of Xen's domains, so also on a cloud that runs on Xen; `control_d` in
 * /proc/xen/capabilities is in the domain alone that may start others (Linux' drivers/xen/xenfs).
 */
export async function probeXen(files: Files): Promise<EngineProbe> {
  const unusable = (reason: string): EngineProbe => ({ engine: 'xen', usable: false, reason });
  if ((await files.text('/sys/hypervisor/type'))?.trim() !== 'xen') {
    return unusable('This host is not booted on Xen.');
  }
  if (!/\bcontrol_d\b/.test((await files.text('/proc/xen/capabilities')) ?? '')) {
    return unusable("This host is a guest of the cloud's Xen, and not booted on a Xen of its own.");
  }
  return unusable('This host is booted on Xen, but this agent cannot boot a probe guest with Xen yet.');
}
