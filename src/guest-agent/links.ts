/** Network devices through `ip -j`, so that repeating a setting changes nothing. */
import { CommandError } from '../process/run.ts';
import { exec } from './host-access.ts';

type Address = { local?: string; prefixlen?: number; family?: string };
export type Link = {
  ifname: string;
  flags?: string[];
  master?: string;
  mtu?: number;
  addr_info?: Address[];
  linkinfo?: LinkInfo;
};
type LinkInfo = { info_kind?: string; info_data?: Record<string, unknown> };

/** One device in detail; `undefined` when there is none of that name. */
export async function linkNamed(name: string): Promise<Link | undefined> {
  try {
    const links = JSON.parse(await exec('ip', ['-j', '-d', 'address', 'show', 'dev', name])) as Link[];
    return links.find(({ ifname }) => ifname === name);
  } catch (error) {
    if (error instanceof CommandError && /does not exist/.test(error.stderr)) return undefined;
    throw error;
  }
}

/** Devices enslaved to a bridge. */
export async function portsOf(bridge: string): Promise<string[]> {
  const links = JSON.parse(await exec('ip', ['-j', 'link', 'show', 'master', bridge])) as Link[];
  return links.map(({ ifname }) => ifname).filter((name) => name !== undefined);
}

export async function ensureLink(name: string, kind: readonly string[]): Promise<void> {
  if ((await linkNamed(name)) === undefined) await exec('ip', ['link', 'add', name, ...kind]);
}

export async function removeLink(name: string): Promise<void> {
  if ((await linkNamed(name)) !== undefined) await exec('ip', ['link', 'delete', name]);
}

/** Makes `address` (with prefix length) the device's only IPv4 address. */
export async function setAddress(name: string, address: string): Promise<void> {
  const inet = ((await linkNamed(name))?.addr_info ?? []).filter(({ family }) => family === 'inet');
  const now = inet.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  for (const old of now.filter((one) => one !== address)) {
    await exec('ip', ['address', 'delete', old, 'dev', name]);
  }
  if (!now.includes(address)) await exec('ip', ['address', 'add', address, 'dev', name]);
}
