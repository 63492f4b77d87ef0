/** Network devices through `ip`, read as JSON, so that repeating a setting changes nothing. */
import { z } from 'zod';
import { CommandError, run } from '../process/run.ts';
import { exec } from './host-access.ts';
import { listed } from './listing.ts';

const addressSchema = z.object({
  local: z.string().optional(),
  prefixlen: z.number().optional(),
  family: z.string().optional(),
  scope: z.string().optional(),
});
export const linkSchema = z.object({
  ifname: z.string(),
  address: z.string().optional(),
  master: z.string().optional(),
  mtu: z.number().optional(),
  flags: z.array(z.string()).optional(),
  addr_info: z.array(addressSchema).optional(),
  linkinfo: z
    .object({ info_kind: z.string().optional(), info_data: z.record(z.string(), z.unknown()).optional() })
    .optional(),
});
export type Link = z.infer<typeof linkSchema>;

/** An address with its prefix length, and what `ip address add` takes beside it. */
export type WantedAddress = { address: string; options?: readonly string[] };

/** One device in detail; `undefined` when there is none of that name. */
export async function linkNamed(name: string): Promise<Link | undefined> {
  try {
    const links = await listed('ip', ['-j', '-d', 'address', 'show', 'dev', name], linkSchema);
    return links.find(({ ifname }) => ifname === name);
  } catch (error) {
    if (error instanceof CommandError && /does not exist/.test(error.stderr)) return undefined;
    throw error;
  }
}

/** Every device in detail. */
export const allLinks = (): Promise<Link[]> => listed('ip', ['-j', '-d', 'address', 'show'], linkSchema);

const hopSchema = z.object({ dev: z.string().optional(), gateway: z.string().optional() });
/** `nexthops` in place of the rest where there are several ways. */
export const routeSchema = hopSchema.extend({
  dst: z.string(),
  via: z.object({ host: z.string() }).optional(),
  nexthops: z.array(hopSchema).optional(),
});
export type Route = z.infer<typeof routeSchema>;

/** The kernel's routes of one family, of its main table or as `ip route show` is asked otherwise. */
export const routesIn = (family: '-4' | '-6', ...which: readonly string[]): Promise<Route[]> =>
  listed('ip', [family, '-j', 'route', 'show', ...which], routeSchema);

/** Devices with routes that a router announced to the kernel itself (RFC 4861, 4.2). */
export async function announcedDevices(): Promise<string[]> {
  const routes = await routesIn('-6', 'proto', 'ra');
  return [
    ...new Set(routes.flatMap(({ dev, nexthops = [] }) => [dev, ...nexthops.map((hop) => hop.dev)])),
  ].flatMap((device) => device ?? []);
}

/** Devices enslaved to a bridge. */
export async function portsOf(bridge: string): Promise<string[]> {
  const links = await listed('ip', ['-j', 'link', 'show', 'master', bridge], linkSchema);
  return links.map(({ ifname }) => ifname);
}

export async function ensureLink(name: string, kind: readonly string[]): Promise<void> {
  if ((await linkNamed(name)) === undefined) await exec('ip', ['link', 'add', name, ...kind]);
}

export async function removeLink(name: string): Promise<void> {
  if ((await linkNamed(name)) !== undefined) await exec('ip', ['link', 'delete', name]);
}

/**
 * Many commands of `ip` or `bridge` by one process: on an emulated host starting one takes longer than what it does.
 * @throws CommandError at the first that fails; those before it are done.
 */
export async function batch(program: 'ip' | 'bridge', commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return;
  await run(program, ['-batch', '-'], { input: `${commands.join('\n')}\n` });
}

/** IPv6 has many spellings for one address; this is the kernel's (RFC 5952), which is also the one of URLs. */
export function spelt(address: string): string {
  const [host = '', prefix] = address.split('/');
  if (!host.includes(':')) return address;
  const kernels = new URL(`http://[${host}]/`).hostname.slice(1, -1);
  return prefix === undefined ? kernels : `${kernels}/${prefix}`;
}

/** Addresses that somebody gave the device: all but what the kernel makes of its MAC by itself. */
export const addressesOf = (link: Link | undefined, wanted: readonly string[] = []): string[] =>
  (link?.addr_info ?? [])
    .map(({ local, prefixlen, scope }) => ({ address: `${local}/${prefixlen}`, scope }))
    .filter(({ address, scope }) => scope !== 'link' || wanted.includes(address))
    .map(({ address }) => address);

/** Commands of `ip` that make these the device's only addresses. */
export function addressCommands(
  name: string,
  link: Link | undefined,
  wanted: readonly WantedAddress[],
): string[] {
  const spellings = wanted.map(({ address }) => spelt(address));
  const now = addressesOf(link, spellings);
  const gone = now.filter((one) => !spellings.includes(one));
  const missing = wanted.filter(({ address }) => !now.includes(spelt(address)));
  return [
    ...gone.map((one) => `address delete ${one} dev ${name}`),
    ...missing.map(({ address, options = [] }) =>
      ['address add', address, 'dev', name, ...options].join(' '),
    ),
  ];
}

/** Makes `address` (with prefix length) the device's only IPv4 address. */
export async function setAddress(name: string, address: string): Promise<void> {
  const link = await linkNamed(name);
  const inet = (link?.addr_info ?? []).filter(({ family }) => family === 'inet');
  await batch('ip', addressCommands(name, { ifname: name, addr_info: inet }, [{ address }]));
}
