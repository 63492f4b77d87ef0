/** One dnsmasq for each network on each host: DHCP, announcements and names. */
import { readFile, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { BlanketError } from '../../wire/errors.ts';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import type { Paths } from '../paths.ts';
import { writeWhole } from '../state-file.ts';
import { dnsmasqFile, hostsFile, leasesFile } from './dnsmasq.ts';
import { bridgeOf, gatewayOf } from './names.ts';
import { listeners } from './ports.ts';
import type { Services } from './services.ts';

export const unitOf = (network: string): string => `blanket-dhcp-${bridgeOf(network)}`;

const filesOf = (paths: Paths, network: string) => ({
  leases: paths.network(network, 'leases'),
  hosts: paths.network(network, 'hosts'),
  options: paths.network(network, 'dnsmasq'),
  owners: paths.network(network, 'owners'),
});

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** @returns whether the file's text was another. */
async function update(path: string, text: string): Promise<boolean> {
  if ((await textOf(path)) === text) return false;
  await writeWhole(path, text);
  return true;
}

async function wanted(paths: Paths, config: NetworkConfig) {
  const files = filesOf(paths, config.name);
  const device = (await readFile(`/sys/class/net/${gatewayOf(config.name)}/ifindex`, 'utf8')).trim();
  return { files, options: dnsmasqFile(config, files, device) };
}

/** Long enough for a slow emulated host. */
const startsWithinMs = 10_000;
const lookEveryMs = 200;

/** Being started says nothing: a server that finds its port taken ends, and is started again and again. */
async function serves(unit: string, { gateway }: NetworkConfig, services: Services): Promise<boolean> {
  for (const until = performance.now() + startsWithinMs; performance.now() < until; ) {
    if (!(await services.isActive(unit))) return false;
    const own = (await listeners()).filter(({ address, port }) => address === gateway.address && port === 53);
    if (['udp', 'tcp'].every((protocol) => own.some((one) => one.protocol === protocol))) return true;
    await setTimeout(lookEveryMs);
  }
  return false;
}

async function startServer(options: string, config: NetworkConfig, services: Services): Promise<void> {
  const unit = unitOf(config.name);
  await services.stop(unit);
  await services.start(unit, ['dnsmasq', '--keep-in-foreground', `--conf-file=${options}`]);
  if (await serves(unit, config, services)) return;
  const words = await services.lastWords(unit);
  await services.stop(unit);
  throw new BlanketError(
    'network.no-name-server',
    `The DHCP and DNS server of network ${config.name} does not start: ${words || 'it does not say why'}.`,
    {
      next: 'See what has port 53 or 67 of the host: `ss -lntup`. It is tried again every half a minute.',
      data: { network: config.name },
    },
  );
}

/** Whose each address is, wherever they are. */
const ownersOf = ({ cards }: NetworkConfig): string[] =>
  cards.map(({ mac, address, address6 }) => [mac, address, address6 ?? '-'].join(' '));

/**
 * Whether the server may remember a lease of somebody who has its address no more. It would keep the address from its next
 * owner until the lease ends, and forgets nothing but by ending itself.
 */
async function remembersGone(path: string, owners: readonly string[]): Promise<boolean> {
  const before = await textOf(path);
  return before === undefined || before.split('\n').some((owner) => owner !== '' && !owners.includes(owner));
}

/**
 * Makes the server serve exactly this. It is started anew only when its options are others, or an address has its owner no
 * more: lists are read while it runs. A server that runs has the options and owners of its files, since it is stopped before
 * these are written.
 * @param isCurrent it is known to have read the lists as they are on disk.
 * @throws BlanketError `network.no-name-server`
 */
export async function serveNames(
  paths: Paths,
  config: NetworkConfig,
  services: Services,
  isCurrent: boolean,
): Promise<void> {
  const { files, options } = await wanted(paths, config);
  const newLeases = await update(files.leases, leasesFile(config));
  const newHosts = await update(files.hosts, hostsFile(config));
  const unit = unitOf(config.name);
  const owners = ownersOf(config);
  const isOther = (await textOf(files.options)) !== options;
  if (isOther || (await remembersGone(files.owners, owners))) await services.stop(unit);
  await update(files.options, options);
  await update(files.owners, `${owners.join('\n')}\n`);
  if (!(await services.isActive(unit))) await startServer(files.options, config, services);
  else if (newLeases || newHosts || !isCurrent) await services.reload(unit);
}

export async function removeNameServer(paths: Paths, network: string, services: Services): Promise<void> {
  await services.stop(unitOf(network));
  for (const path of Object.values(filesOf(paths, network))) await rm(path, { force: true });
}

/** The part that says that it runs. */
export const serverPart = 'DHCP and DNS server';

/** The lists that change with cards. */
export const listParts = ['list of leases', 'list of names'] as const;

/** Its parts by name, for comparison with what they were. */
export async function readNameServer(
  paths: Paths,
  config: NetworkConfig,
  services: Services,
): Promise<Map<string, string>> {
  const { leases, hosts, options } = filesOf(paths, config.name);
  const parts = { [listParts[0]]: leases, [listParts[1]]: hosts, 'DHCP and DNS options': options };
  const reading = new Map<string, string>();
  for (const [part, path] of Object.entries(parts)) {
    const text = await textOf(path);
    if (text !== undefined) reading.set(part, text);
  }
  if (await services.isActive(unitOf(config.name))) reading.set(serverPart, '');
  return reading;
}
