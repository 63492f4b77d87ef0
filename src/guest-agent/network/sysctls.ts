/**
 * The kernel's settings that guest networks need (Documentation/networking/ip-sysctl.rst), through /proc/sys. Those of a
 * network's own devices go with them. The host's own are remembered as they were, and given back when the last
 * network goes.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { announcedDevices } from '../links.ts';
import { logError } from '../log.ts';
import { readState, removeState, writeState } from '../state-file.ts';
import { bridgeOf, gatewayOf } from './names.ts';

const root = '/proc/sys';

/** Paths below /proc/sys, and values. */
export type Settings = Readonly<Record<string, string>>;
const settingsSchema = z.record(z.string().regex(/^net\/ipv[46]\/[^\0]+$/), z.string());

/** `undefined` when this kernel has no such setting, as with IPv6 switched off. */
const read = async (path: string): Promise<string | undefined> =>
  readFile(join(root, path), 'utf8').then(
    (text) => text.trim(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );

/** The ones of these settings that this kernel has, as they are. */
export async function current(settings: Settings): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const path of Object.keys(settings)) {
    const now = await read(path);
    if (now !== undefined) found[path] = now;
  }
  return found;
}

/** Of these, the ones that say something else. */
export const differing = async (wanted: Settings): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await current(wanted)).filter(([path, now]) => now !== wanted[path]));

/** A device may be gone before its setting is written, and needs none then. */
async function write(settings: Settings, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await writeFile(join(root, path), settings[path] ?? '').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/**
 * Bridge and gateway lie on the same Ethernet: each answers for its own addresses only, and the bridge asks in its own name,
 * or guests would take this host's MAC for the gateway's. What guests send comes in by the gateway though the way back is by the
 * bridge, so the source is looked for on any device (RFC 3704, 2.4). No guest is this host's router.
 */
export const deviceSettings = (network: string): Settings =>
  Object.fromEntries(
    [bridgeOf(network), gatewayOf(network)].flatMap((device) => [
      [`net/ipv4/conf/${device}/arp_ignore`, '1'],
      [`net/ipv4/conf/${device}/arp_announce`, '2'],
      [`net/ipv4/conf/${device}/rp_filter`, '2'],
      [`net/ipv6/conf/${device}/accept_ra`, '0'],
    ]),
  );

/** Sets what of these is otherwise. Settings of devices that are not there are left out. */
export async function setSettings(wanted: Settings): Promise<void> {
  await write(wanted, Object.keys(await differing(wanted)));
}

const forwarding6 = 'net/ipv6/conf/all/forwarding';
const forwarding: Settings = { 'net/ipv4/ip_forward': '1', [forwarding6]: '1' };

const keptSettings = async (kept: string): Promise<Settings> => (await readState(kept, settingsSchema)) ?? {};

/**
 * A host that forwards no longer listens to its own router's announcements, unless told so (accept_ra = 2). One that forwarded
 * before did not listen then either. Devices that listened once are remembered: after a reboot their router is not heard yet.
 */
async function uplinkSettings(before: Settings): Promise<Settings> {
  if ((before[forwarding6] ?? (await read(forwarding6))) !== '0') return {};
  const heard = (await announcedDevices()).map((device) => `net/ipv6/conf/${device}/accept_ra`);
  const known = Object.keys(before).filter((path) => path.endsWith('/accept_ra'));
  const listening = await current(Object.fromEntries([...heard, ...known].map((path) => [path, '2'])));
  return Object.fromEntries(
    Object.entries(listening).flatMap(([path, now]) => (now === '1' ? [[path, '2']] : [])),
  );
}

/**
 * Lets this host forward. `kept` is the file in which it remembers what was before.
 * @returns what was otherwise, e.g. `host: net.ipv4.ip_forward was 0`.
 */
export async function letForward(kept: string): Promise<string[]> {
  const before = await keptSettings(kept);
  // The uplink first: a host that begins to forward drops the routes it was told by routers it no longer listens to.
  const wanted = { ...(await uplinkSettings(before)), ...forwarding };
  const now = await differing(wanted);
  if (Object.keys(now).length === 0) return [];
  await writeState(kept, { ...now, ...before });
  await write(
    wanted,
    Object.keys(wanted).filter((path) => path in now),
  );
  return Object.entries(now).map(([path, value]) => `host: ${path.replaceAll('/', '.')} was ${value}`);
}

/** Whether this host forwarded, as it was before it was made to; what was not changed, or is not known, is as it is now. */
export async function forwardingBefore(kept: string): Promise<Settings> {
  const before = await keptSettings(kept).catch((error: unknown) => {
    logError('network.settings-unread', error); // guests are to be guarded all the same
    return {};
  });
  return { ...(await current(forwarding)), ...before };
}

/** Gives the host back what it had. An uplink that is gone needs nothing. */
export async function stopForwarding(kept: string): Promise<void> {
  const before = await keptSettings(kept);
  const there = await differing(before);
  await write(
    before,
    Object.keys(before)
      .filter((path) => path in there)
      .reverse(),
  );
  await removeState(kept);
}
