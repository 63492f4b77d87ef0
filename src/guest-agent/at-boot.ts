/**
 * Which guests run on a host is control's word. libvirt's own service would start after a boot what ran before it, also a guest
 * that has been started elsewhere since. It is only kept from the next boot: to stop it now would shut all guests down.
 */
import type { Exec } from '../blanket-drivers/access.ts';

const service = 'libvirt-guests.service';

/** @throws CommandError of systemctl */
export async function startNothingAtBoot(exec: Exec): Promise<void> {
  const known = (await exec('systemctl', ['list-unit-files', '--no-legend', service])).trim();
  if (known.split(/\s+/)[1] === 'enabled') await exec('systemctl', ['disable', '--quiet', service]);
}
