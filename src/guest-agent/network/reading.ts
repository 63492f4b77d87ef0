/**
 * What the system says of a network, part by part. One reading is kept when the network was set; a later one that says
 * otherwise tells what somebody changed since. What changes by itself is left out: tables that are learnt, guests' cards
 * that come and go, and to which host a card's frames go, which a guest's own frames may know sooner than control.
 */
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { addressesOf, type Link, routesIn, spelt, type WantedAddress } from '../links.ts';
import { bridgeAddresses, gatewayAddresses, routesOf } from './devices.ts';
import { readEgress } from './egress.ts';
import { type FdbEntry, readFdb } from './forwarding.ts';
import { bridgeOf, gatewayOf, gatewayPortOf, vxlanOf } from './names.ts';
import { current, deviceSettings } from './sysctls.ts';

/** By the part's name; the value is empty where being there is all there is to say. */
export type Reading = ReadonlyMap<string, string>;

const rolesOf = (network: string) =>
  ({
    bridge: bridgeOf(network),
    gateway: gatewayOf(network),
    'gateway port': gatewayPortOf(network),
    VXLAN: vxlanOf(network),
  }) as const;

function readLink(role: string, link: Link, wanted: readonly string[]): [string, string][] {
  const { id, local } = link.linkinfo?.info_data ?? {};
  return [
    [`${role} device`, ''],
    [`${role} MAC`, link.address ?? ''],
    [`${role} MTU`, String(link.mtu)],
    ...(link.flags?.includes('UP') === true ? [[`${role} being up`, ''] as [string, string]] : []),
    ...(link.master === undefined ? [] : [[`${role} in its bridge`, link.master] as [string, string]]),
    ...(role === 'VXLAN' ? [['VXLAN number and end', `${id} ${local}`] as [string, string]] : []),
    ...addressesOf(link, wanted).map((one): [string, string] => [`${role} address ${one}`, '']),
  ];
}

/** With what the names of `readEntries`' parts begin. */
export const entryParts = ['forwarding entry of ', 'copies of broadcasts to '] as const;

/** Entries of the forwarding tables that nothing but a person takes away. */
export function readEntries({ name, gateway }: NetworkConfig, fdb: readonly FdbEntry[]): [string, string][] {
  const [port, vxlan] = [gatewayPortOf(name), vxlanOf(name)];
  return fdb.flatMap(({ mac, ifname, dst, flags, master, state }): [string, string][] => {
    if (ifname === port && mac === gateway.mac && master !== undefined) {
      return [[`${entryParts[0]}the gateway`, state ?? '']];
    }
    if (ifname !== vxlan || dst === undefined) return [];
    if (mac === '00:00:00:00:00:00') return [[`${entryParts[1]}${dst}`, '']];
    return flags?.includes('extern_learn') === true ? [[`${entryParts[0]}${mac}`, '']] : [];
  });
}

async function readRoutes(config: NetworkConfig): Promise<[string, string][]> {
  const show = (family: '-4' | '-6') => routesIn(family, 'dev', bridgeOf(config.name));
  const found = [...(await show('-4')), ...(config.subnet6 === null ? [] : await show('-6'))];
  const ours = routesOf(config).map((route) => route.split(' ')[0]);
  return found.filter(({ dst }) => ours.includes(dst)).map(({ dst }) => [`route to ${dst}`, '']);
}

/** Everything of the kernel's. */
export async function readKernel(
  config: NetworkConfig,
  links: readonly Link[],
): Promise<Map<string, string>> {
  const spellings = (addresses: readonly WantedAddress[]) => addresses.map(({ address }) => spelt(address));
  const wanted: Record<string, string[]> = {
    gateway: spellings(gatewayAddresses(config)),
    bridge: spellings(bridgeAddresses(config)),
  };
  const devices = Object.entries(rolesOf(config.name)).flatMap(([role, device]) => {
    const link = links.find(({ ifname }) => ifname === device);
    return link === undefined ? [] : readLink(role, link, wanted[role] ?? []);
  });
  const hasBridge = links.some(({ ifname }) => ifname === bridgeOf(config.name));
  const settings = Object.entries(await current(deviceSettings(config.name)));
  return new Map([
    ...devices,
    ...settings.map(([path, value]): [string, string] => [`setting ${path.replaceAll('/', '.')}`, value]),
    ...(hasBridge ? readEntries(config, await readFdb(config.name)) : []),
    ...(hasBridge ? await readRoutes(config) : []),
    ...(await readEgress(config)),
  ]);
}

/** Values that are short enough to be told. */
const told = (value: string): boolean => value !== '' && value.length <= 40;

function sayChanged(part: string, before: string, now: string): string {
  return told(before) && told(now) ? `${part} was ${now} in place of ${before}` : `${part} was changed`;
}

/** A device that is gone took its parts with it: they need no words of their own. */
function withoutParts(gone: readonly string[]): string[] {
  const devices = gone
    .filter((part) => part.endsWith(' device'))
    .map((part) => part.slice(0, -'device'.length));
  return gone.filter((part) => part.endsWith(' device') || !devices.some((role) => part.startsWith(role)));
}

/** What differs, in words: `bridge lan: gateway address 10.77.0.1/24 was gone`. */
export function differences(network: string, before: Reading, now: Reading): string[] {
  const gone = withoutParts([...before.keys()].filter((part) => !now.has(part)));
  const changed = [...before].filter(([part, value]) => now.has(part) && now.get(part) !== value);
  const added = [...now.keys()].filter((part) => !before.has(part));
  return [
    ...gone.map((part) => `${part} was gone`),
    ...changed.map(([part, value]) => sayChanged(part, value, now.get(part) ?? '')),
    ...added.map((part) => `${part} was added`),
  ].map((words) => `bridge ${network}: ${words}`);
}
