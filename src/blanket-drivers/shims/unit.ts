/** systemd's units, started for this boot only: the agent starts them again after the next. */
import type { HostAccess } from '../access.ts';
import type { Before, Remember } from './shim.ts';

const key = 'unit:';

/** `barred`: masked by the image, or not there, so that starting it is not ours to do. */
export async function readUnit(
  { exec }: HostAccess,
  unit: string,
): Promise<'active' | 'inactive' | 'barred'> {
  const text = await exec('systemctl', ['show', '--property=LoadState,ActiveState', unit]);
  if (!/^LoadState=loaded$/m.test(text)) return 'barred';
  return /^ActiveState=(active|activating|reloading)$/m.test(text) ? 'active' : 'inactive';
}

export async function startUnit(host: HostAccess, remember: Remember, unit: string): Promise<void> {
  if ((await readUnit(host, unit)) !== 'inactive') return;
  await remember({ [`${key}${unit}`]: 'inactive' });
  await host.exec('systemctl', ['start', unit]);
}

export async function stopUnit({ exec }: HostAccess, before: Before, unit: string): Promise<void> {
  if (before[`${key}${unit}`] !== undefined) await exec('systemctl', ['stop', unit]);
}
