/**
 * Guest networks. One network is one Ethernet across hosts:
 *
 *   guest NIC -- tap -- bridge bl… -- VXLAN vx… --(head-end copies to each peer)-- tunnel -- other hosts
 *                          |
 *                     host address, DHCP server
 *
 * Clouds carry neither foreign MACs nor broadcast, so VXLAN runs inside the tunnel, and what a switch would flood is
 * sent to each peer by itself. Where a MAC lives is learnt from traffic, so a migrated guest's first frame moves it.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AgentParsed } from '../wire/agent.ts';
import { agentMethods } from '../wire/agent-methods.ts';
import { BlanketError } from '../wire/errors.ts';
import { removeDhcp, serveDhcp } from './dhcp.ts';
import { exec } from './host-access.ts';
import { ensureLink, linkNamed, portsOf, removeLink, setAddress } from './links.ts';
import { logError } from './log.ts';
import { networkMtu } from './mtu.ts';
import type { Paths } from './paths.ts';
import { serially } from './serially.ts';
import { readState, readStates, removeState, writeState } from './state-file.ts';
import { tunnelInterface } from './tunnel.ts';

export type NetworkConfig = AgentParsed<'network.apply'>;

/** IANA's port for VXLAN (RFC 7348, 5). */
const vxlanPort = 4789;

/** Linux keeps device names to 15 characters, so the name is 12 hex digits of the network's name's SHA-256. */
const short = (network: string): string => createHash('sha256').update(network).digest('hex').slice(0, 12);
export const bridgeOf = (network: string): string => `bl${short(network)}`;
export const vxlanOf = (network: string): string => `vx${short(network)}`;

/** Locally administered, and different on each host of the network. */
function bridgeMac({ name, tunnelAddress }: NetworkConfig): string {
  const digest = createHash('sha256').update(`${name} ${tunnelAddress}`).digest();
  return ['02', ...[...digest.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

async function setUpBridge(config: NetworkConfig): Promise<string> {
  const bridge = bridgeOf(config.name);
  await ensureLink(bridge, ['type', 'bridge', 'stp_state', '0', 'forward_delay', '0', 'mcast_snooping', '0']);
  // A set address keeps the bridge from taking the lowest of its ports', which changes as guests come and go.
  await exec('ip', ['link', 'set', bridge, 'address', bridgeMac(config), 'mtu', String(networkMtu), 'up']);
  await exec('ip', ['link', 'set', bridge, 'alias', `network ${config.name}`]);
  await setAddress(bridge, config.hostAddress);
  return bridge;
}

async function setUpVxlan(config: NetworkConfig, bridge: string): Promise<void> {
  const vxlan = vxlanOf(config.name);
  const { id, local } = (await linkNamed(vxlan))?.linkinfo?.info_data ?? {};
  // Neither can be changed on a device that is there.
  if (id !== undefined && (id !== config.vni || local !== config.tunnelAddress)) await removeLink(vxlan);
  await ensureLink(vxlan, [
    ...['type', 'vxlan', 'id', String(config.vni), 'local', config.tunnelAddress],
    ...['dstport', String(vxlanPort), 'dev', tunnelInterface],
  ]);
  await exec('ip', ['link', 'set', vxlan, 'mtu', String(networkMtu), 'master', bridge, 'up']);
  await setPeers(vxlan, config.peers);
}

type FdbEntry = { mac: string; dst?: string };
const everyone = '00:00:00:00:00:00';

/** The all-zero entries are where frames for everyone and for unknown MACs are copied to (bridge(8), "fdb append"). */
async function setPeers(vxlan: string, peers: readonly string[]): Promise<void> {
  const entries = JSON.parse(await exec('bridge', ['-j', 'fdb', 'show', 'dev', vxlan])) as FdbEntry[];
  const now = entries.flatMap(({ mac, dst }) => (mac === everyone && dst !== undefined ? [dst] : []));
  const change = (verb: string, peer: string) =>
    exec('bridge', ['fdb', verb, everyone, 'dev', vxlan, 'dst', peer]);
  for (const peer of now.filter((one) => !peers.includes(one))) await change('delete', peer);
  for (const peer of peers.filter((one) => !now.includes(one))) await change('append', peer);
}

/** What guests' NICs need of the kernel. A host made to boot fast does not load them when their devices are opened. */
const modules = ['tun', 'vhost_net'];

async function apply(paths: Paths, config: NetworkConfig): Promise<void> {
  await exec('modprobe', ['--all', ...modules]);
  const bridge = await setUpBridge(config);
  await setUpVxlan(config, bridge);
  await serveDhcp(paths, config, bridge);
}

/** Sets the whole of one network and remembers it. @throws CommandError of `ip`, `bridge` or `systemctl`. */
export const applyNetwork = (paths: Paths, config: NetworkConfig): Promise<void> =>
  serially('networks', async () => {
    await mkdir(paths.networks, { recursive: true });
    await apply(paths, config);
    await writeState(paths.network(config.name, 'json'), config);
  });

/** @throws BlanketError `network.in-use` while a guest here is on it. */
export const removeNetwork = (paths: Paths, name: string): Promise<void> =>
  serially('networks', async () => {
    const bridge = bridgeOf(name);
    if ((await linkNamed(bridge)) !== undefined) {
      const guests = (await portsOf(bridge)).filter((port) => port !== vxlanOf(name));
      if (guests.length > 0) throw inUse(name, guests.length);
    }
    await removeDhcp(paths, name, bridge);
    await removeLink(vxlanOf(name));
    await removeLink(bridge);
    await removeState(paths.network(name, 'json'));
  });

const inUse = (name: string, cards: number) =>
  new BlanketError('network.in-use', `Network ${name} still has ${cards} guest NIC(s) on this host.`, {
    kind: 'conflict',
    next: 'Stop or migrate those guests first.',
  });

/** @throws BlanketError `network.missing` when this host does not carry the network. */
export async function requireNetwork(paths: Paths, name: string): Promise<void> {
  const known = await readState(paths.network(name, 'json'), agentMethods['network.apply'].params);
  if (known !== undefined) return;
  throw new BlanketError('network.missing', `This host does not carry network ${name}.`, {
    kind: 'not-found',
  });
}

/** After a reboot: every network as control set it last. One that fails does not keep the others down. */
export const restoreNetworks = (paths: Paths): Promise<void> =>
  serially('networks', async () => {
    for (const config of await readStates(paths.networks, agentMethods['network.apply'].params)) {
      await apply(paths, config).catch((error: unknown) =>
        logError('network.restore-failed', error, { network: config.name }),
      );
    }
  });
