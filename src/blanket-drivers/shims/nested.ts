/**
 * Nested virtualization: the KVM module of the CPU's maker is loaded, and /dev/kvm is there. Where the CPU shows no
 * extension nothing can be done, and that is no failure: another engine serves such a host.
 */
import type { Files } from '../access.ts';
import type { NestedPlan, Shim } from './shim.ts';

const isLoaded = (files: Files, module: string) => files.exists(`/sys/module/${module}`);

export const nested: Shim<NestedPlan> = {
  async do({ module }, { exec, files }) {
    if (module === undefined || (await isLoaded(files, module))) return {};
    await exec('modprobe', [module, 'nested=1']);
    return { module };
  },
  async undo(_plan, before, { exec }) {
    if (before.module !== undefined) await exec('modprobe', ['-r', before.module]);
  },
  async verify({ module }, { files }) {
    if (module === undefined) {
      return { outcome: 'refused', detail: 'the CPU shows neither vmx nor svm, so KVM cannot run here' };
    }
    const loaded = await isLoaded(files, module);
    const device = await files.exists('/dev/kvm');
    const parameter = await files.text(`/sys/module/${module}/parameters/nested`);
    return {
      outcome: loaded && device ? 'set' : 'failed',
      detail: `${module} is ${loaded ? `loaded (nested=${parameter ?? '?'})` : 'not loaded'}, /dev/kvm is ${device ? '' : 'not '}there`,
    };
  },
};
