/**
 * Addresses on the WAN: one flat network, 198.18.0.0/15, which RFC 2544 keeps for tests such as this one.
 * A lease is a symbolic link `<state>/wan/addresses/<address>` to `<cloud>/<vm>`: making it is one step that
 * fails when the name is taken, so hosts that are made at once never get the same address.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { wanDirectory } from '../../../infra/wan/wan-paths.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { CloudPaths } from './cloud.ts';

export const wanPrefixLength = 15;
const firstAddress = (198 * 256 + 18) * 65_536;
const addressCount = 2 ** (32 - wanPrefixLength);

const leaseDirectory = (paths: CloudPaths): string => join(wanDirectory(paths), 'addresses');

/**
 * The VM's address, the same one each time it is asked for.
 * @throws `cloud.no-address`
 */
export async function leaseAddress(paths: CloudPaths, cloud: string, vm: string): Promise<string> {
  const directory = leaseDirectory(paths);
  const owner = `${cloud}/${vm}`;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const leases = await readLeases(directory);
  const held = [...leases].find(([, holder]) => holder === owner);
  if (held !== undefined) return held[0];
  for (let offset = 1; offset < addressCount - 1; offset += 1) {
    const address = dotted(firstAddress + offset);
    if (!leases.has(address) && (await take(join(directory, address), owner))) return address;
  }
  throw new BlanketError('cloud.no-address', 'Every address of the WAN is taken.');
}

/** Gives a VM's address back. Idempotent. */
export async function releaseAddress(paths: CloudPaths, cloud: string, vm: string): Promise<void> {
  const directory = leaseDirectory(paths);
  for (const [address, holder] of await readLeases(directory)) {
    if (holder === `${cloud}/${vm}`) await rm(join(directory, address), { force: true });
  }
}

/** A stable, locally administered unicast address for a VM's network card. */
export function macOf(cloud: string, vm: string, nic: 'uplink' | 'wan'): string {
  const digest = createHash('sha256').update(`${cloud}/${vm}/${nic}`).digest();
  digest[0] = ((digest[0] ?? 0) & 0xfc) | 0x02;
  return [...digest.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

async function readLeases(directory: string): Promise<Map<string, string>> {
  const leases = new Map<string, string>();
  try {
    for (const address of await readdir(directory)) {
      leases.set(address, await readlink(join(directory, address)));
    }
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error; // no lease yet, or one was given back meanwhile
  }
  return leases;
}

async function take(path: string, owner: string): Promise<boolean> {
  try {
    await symlink(owner, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const dotted = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
