/**
 * Nested virtualization: the KVM module of the CPU's maker is loaded with its parameter, also after the next boot, and
 * /dev/kvm is there. Where the CPU shows no extension nothing can be done, and that is no failure: another engine
 * serves such a host.
 */
import type { HostAccess } from '../access.ts';
import { keepFile } from './kept-file.ts';
import { isLoaded, loadModule } from './module.ts';
import { ofParts, type Part } from './parts.ts';
import { refused, setIf } from './report.ts';
import type { NestedPlan } from './shim.ts';

const file = '/etc/modprobe.d/blanket-nested.conf';
/** A module that was loaded without the parameter, and was loaded anew. */
const reloaded = 'reloaded';

/** A flag reads `Y`, or `1` where the module holds it as a number; `undefined` when the module is not loaded. */
async function isNested({ files }: HostAccess, module: string): Promise<boolean | undefined> {
  const value = await files.text(`/sys/module/${module}/parameters/nested`);
  return value === undefined ? undefined : /^[Y1]/.test(value);
}

const kvm: Part<NestedPlan> = {
  async do({ module }, host, remember) {
    if (module === undefined) return;
    await keepFile(host, remember, file, [`options ${module} nested=1`]);
    if ((await isNested(host, module)) === false) {
      await remember({ [reloaded]: module });
      await host.exec('modprobe', ['-r', module]); // says so when a guest runs
      await host.exec('modprobe', [module]);
    } else await loadModule(host, remember, module);
  },
  /** The file is gone by now, so the module comes back with its own default. */
  async undo(_plan, before, { exec }) {
    const module = before[reloaded];
    if (module === undefined) return;
    await exec('modprobe', ['-r', module]);
    await exec('modprobe', [module, 'nested=0']);
  },
  async verify({ module, howTo }, host) {
    if (module === undefined) {
      const why = 'the CPU shows neither vmx nor svm, so KVM cannot run here';
      return refused(howTo === undefined ? why : `${why}; ${howTo}`);
    }
    const loaded = await isLoaded(host.files, module);
    const device = await host.files.exists('/dev/kvm');
    const nested = await isNested(host, module);
    const tells = loaded ? `loaded (nested is ${nested === true ? 'on' : 'off'})` : 'not loaded';
    return setIf(
      loaded && device && nested === true,
      `${module} is ${tells}, /dev/kvm is ${device ? '' : 'not '}there`,
    );
  },
};

export const nested = ofParts<NestedPlan>(() => '', [kvm]);
