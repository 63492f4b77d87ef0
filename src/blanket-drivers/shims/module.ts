/** Kernel modules. One that is built into the kernel is loaded for good. */
import type { Files, HostAccess } from '../access.ts';
import type { Before, Remember } from './shim.ts';

const key = 'module:';

async function isBuiltIn(files: Files, module: string): Promise<boolean> {
  const kernel = await files.text('/proc/sys/kernel/osrelease');
  const list = (await files.text(`/lib/modules/${kernel}/modules.builtin`)) ?? '';
  const asFile = module.replaceAll('_', '[-_]');
  return new RegExp(`/${asFile}\\.ko$`, 'm').test(list);
}

export const isLoaded = async (files: Files, module: string): Promise<boolean> =>
  (await files.exists(`/sys/module/${module}`)) || (await isBuiltIn(files, module));

/** @throws CommandError when there is no such module, or no device for it. */
export async function loadModule(
  { files, exec }: HostAccess,
  remember: Remember,
  module: string,
): Promise<void> {
  if (await isLoaded(files, module)) return;
  await remember({ [`${key}${module}`]: '' });
  await exec('modprobe', [module]);
}

/** One that somebody uses by now stays: it does no harm, and what it serves would break. */
export async function unloadModules(before: Before, { files, exec }: HostAccess): Promise<void> {
  const modules = Object.keys(before).filter((name) => name.startsWith(key));
  for (const module of modules.reverse().map((name) => name.slice(key.length))) {
    if ((await files.text(`/sys/module/${module}/refcnt`)) === '0') await exec('modprobe', ['-r', module]);
  }
}
