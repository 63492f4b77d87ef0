/**
 * One DHCP server (dnsmasq) for each guest network on each host. Every host gives the same guest the same address, so it
 * does not matter which of them answers. Guests get no router: a network reaches its own guests and hosts.
 */
import { readFile, rm } from 'node:fs/promises';
import type { AgentParsed } from '../wire/agent.ts';
import { exec } from './host-access.ts';
import { networkMtu } from './mtu.ts';
import type { Paths } from './paths.ts';
import { writeWhole } from './state-file.ts';

type NetworkConfig = AgentParsed<'network.apply'>;

const lease = '12h';

export const dhcpUnit = (bridge: string): string => `blanket-dhcp-${bridge}`;

/** First address of the network that an address with prefix length lies in, and its mask. */
export function subnetOf(cidr: string): { network: string; mask: string } {
  const [address = '', prefix = '24'] = cidr.split('/');
  const dotted = (bits: number) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
  const value = address.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0);
  const mask = Number(prefix) === 0 ? 0 : -1 << (32 - Number(prefix));
  return { network: dotted(value & mask), mask: dotted(mask) };
}

/** dnsmasq(8): options are the long ones without dashes; an option number without a value is not sent. */
export function dhcpFile(config: NetworkConfig, bridge: string, hostsFile: string): string {
  const { network, mask } = subnetOf(config.hostAddress);
  return `${[
    'port=0', // DHCP only
    `interface=${bridge}`,
    'except-interface=lo',
    'bind-interfaces',
    'no-ping',
    'leasefile-ro', // leases are static, so there is nothing to remember
    'dhcp-authoritative',
    `dhcp-range=${network},static,${mask},${lease}`,
    'dhcp-ignore=tag:!known',
    `dhcp-hostsfile=${hostsFile}`,
    'dhcp-option=3', // no router
    'dhcp-option=6', // no name server
    `dhcp-option=26,${networkMtu}`,
  ].join('\n')}\n`;
}

export const hostsFile = ({ leases }: NetworkConfig): string =>
  leases.map(({ mac, address, name }) => `${mac},${address},${name},${lease}\n`).join('');

/** @returns whether the file's text was another. */
async function update(path: string, text: string): Promise<boolean> {
  const now = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (now === text) return false;
  await writeWhole(path, text);
  return true;
}

const isActive = (unit: string): Promise<boolean> =>
  exec('systemctl', ['is-active', '--quiet', unit]).then(
    () => true,
    () => false, // systemctl says no with its exit code
  );

async function startServer(unit: string, file: string): Promise<void> {
  await exec('systemd-run', [
    ...['--quiet', '--collect', '--unit', unit, '-p', 'Restart=always', '-p', 'RestartSec=2'],
    ...['dnsmasq', '--keep-in-foreground', `--conf-file=${file}`],
  ]);
}

/** Makes the server serve exactly this. A new lease is read without a restart (dnsmasq's SIGHUP). */
export async function serveDhcp(paths: Paths, config: NetworkConfig, bridge: string): Promise<void> {
  const hosts = paths.network(config.name, 'hosts');
  const file = paths.network(config.name, 'dnsmasq');
  const newHosts = await update(hosts, hostsFile(config));
  const newFile = await update(file, dhcpFile(config, bridge, hosts));
  const unit = dhcpUnit(bridge);
  if (await isActive(unit)) {
    if (newFile) await exec('systemctl', ['stop', unit]);
    else if (newHosts) await exec('systemctl', ['kill', '--signal=HUP', unit]);
    if (!newFile) return;
  }
  await startServer(unit, file);
}

export async function removeDhcp(paths: Paths, network: string, bridge: string): Promise<void> {
  const unit = dhcpUnit(bridge);
  if (await isActive(unit)) await exec('systemctl', ['stop', unit]);
  for (const kind of ['hosts', 'dnsmasq']) await rm(paths.network(network, kind), { force: true });
}
