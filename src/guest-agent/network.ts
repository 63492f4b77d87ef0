/**
 * Guest networks, made with this host's own parts. One network is one Ethernet across hosts; `network/devices.ts` draws
 * it. Clouds carry neither foreign MACs nor broadcast, so VXLAN runs inside the tunnel, and what a switch would flood is
 * sent to each peer by itself.
 */

import type { NetworkConfig } from '../wire/methods/network.ts';
import { applyFilter, filterDiffers } from './filter/filter.ts';
import { exec } from './host-access.ts';
import { logError } from './log.ts';
import type { GuestNetworks, Moves, Parts } from './network/guest-networks.ts';
import { guestNetworks } from './network/networks.ts';
import { systemd } from './network/services.ts';
import type { Paths } from './paths.ts';
import type { TunnelConfig } from './tunnel/config-file.ts';
import { isInTunnel, repairTunnel, restoreTunnel, setTunnel } from './tunnel.ts';

export { requireNetwork } from './network/kept.ts';
export { bridgeOf, vxlanOf } from './network/names.ts';
export type { NetworkConfig };

/** What guests' NICs need of the kernel. A host made to boot fast does not load them when their devices are opened. */
const modules = ['tun', 'vhost_net'];

const parts: Parts = {
  filter: { apply: applyFilter, differs: filterDiffers },
  services: systemd,
  loadModules: async () => {
    await exec('modprobe', ['--all', ...modules]);
  },
};

/** An agent has one place for its files, and with it one set of networks. */
const made = new Map<string, GuestNetworks>();

function networksIn(paths: Paths): GuestNetworks {
  const networks = made.get(paths.state) ?? guestNetworks(paths, parts);
  made.set(paths.state, networks);
  return networks;
}

export const applyNetwork = (paths: Paths, config: NetworkConfig): Promise<void> =>
  networksIn(paths).apply(config);
export const forwardCards = (paths: Paths, moves: Moves): Promise<void> => networksIn(paths).forward(moves);
export const removeNetwork = (paths: Paths, name: string): Promise<void> => networksIn(paths).remove(name);
export const restoreNetworks = (paths: Paths): Promise<void> => networksIn(paths).restore();

/** Guarded before: a host with a tunnel forwards. @throws as `setTunnel`, and CommandError of nft. */
export async function configureTunnel(paths: Paths, config: TunnelConfig): Promise<void> {
  await networksIn(paths).guardTunnel();
  await setTunnel(paths, config);
}

/** After a reboot. Networks, and control, are to find the tunnel, guarded or not. */
export async function restoreGuardedTunnel(paths: Paths): Promise<void> {
  if (!(await isInTunnel(paths))) return;
  const unguarded = (error: unknown) => logError('tunnel.unguarded', error);
  await networksIn(paths).guardTunnel().catch(unguarded);
  await restoreTunnel(paths);
}

/** The tunnel first: the networks' VXLAN devices go with its device. One that fails does not keep the others from it. */
export async function repairNetworks(paths: Paths): Promise<{ repaired: string[] }> {
  const tunnel = await repairTunnel(paths).catch((error: unknown) => {
    logError('tunnel.repair-failed', error);
    return [];
  });
  const { repaired } = await networksIn(paths).repair();
  return { repaired: [...tunnel, ...repaired] };
}
