/**
 * The way out by another host, the network's egress host. What guests here send to the world comes in by their gateway and
 * goes back onto their network, to that host's own address on it:
 *
 *   guest -- gateway bg… --(rule)--> table of the network -- bridge bl… -- VXLAN -- bl… of the egress host -- its uplink
 *                                     |  default: the egress host
 *                                     `- its own subnets and connected networks': throw, so the main table has them
 *
 * The answers need no such way: for the egress host guests are on its own network, wherever they run. The host's own traffic, and
 * its own routes, have no part in it: no other packet comes in by a gateway.
 */
import { access } from 'node:fs/promises';
import { CommandError } from '../../process/run.ts';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { linkLocalOf } from '../filter/ipv6.ts';
import { exec } from '../host-access.ts';
import { batch, type Route, routesIn, spelt } from '../links.ts';
import { bridgeMac } from './devices.ts';
import { bridgeOf, gatewayOf } from './names.ts';
import { detourOf } from './way-out.ts';

type Family = '-4' | '-6';

/**
 * Behind the kernel's own rule for VRFs (1000), which looks at other devices, and before all that take over a host's way out:
 * Tailscale's (5210 to 5270), those of cloud images for more than one card (AWS: 10000 and up) and wg-quick's (below 32766).
 * `ssh-leave.sh` knows it too.
 */
const priority = 1998;

/** A network's number has 24 bits; below is room for all that people and programs number, who begin at 1. */
const firstTable = 0x62_00_00_00;
const tableOf = ({ vni }: Pick<NetworkConfig, 'vni'>): number => firstTable + vni;

/** Of IPv6 routes (IP6_RT_PRIO_USER). IPv4 has none of its own. */
const metric6 = 1024;

const familyOf = (subnet: string): Family => (subnet.includes(':') ? '-6' : '-4');

/** The routes of the network's table, spelt as `ip route` shows them; none without a detour. */
export function detourRoutes(config: NetworkConfig, family: Family): string[] {
  const { name, subnet, subnet6 } = config;
  const egress = detourOf(config);
  if (egress === undefined) return [];
  const own = subnet6 === null ? [subnet] : [subnet, subnet6];
  const past = [...new Set([...own, ...egress.except].map(spelt))].filter((one) => familyOf(one) === family);
  const dev = bridgeOf(name);
  if (family === '-4')
    return [`default via ${egress.address} dev ${dev}`, ...past.map((one) => `throw ${one}`)];
  if (subnet6 === null) return [];
  const router = spelt(linkLocalOf(bridgeMac({ name, tunnelAddress: egress.at })));
  return [
    `default via ${router} dev ${dev} metric ${metric6}`,
    ...past.map((one) => `throw ${one} dev lo metric ${metric6}`),
  ];
}

type TableRoute = Route & { type?: string; metric?: number };

const routeText = ({ type = 'unicast', dst, gateway, dev, metric }: TableRoute): string =>
  [
    ...(type === 'unicast' ? [] : [type]),
    dst,
    ...(gateway === undefined ? [] : [`via ${gateway}`]),
    ...(dev === undefined ? [] : [`dev ${dev}`]),
    ...(metric === undefined ? [] : [`metric ${metric}`]),
  ].join(' ');

async function readTable(family: Family, table: number): Promise<string[]> {
  try {
    return (await routesIn(family, 'table', String(table))).map(routeText);
  } catch (error) {
    // one without routes may not be there at all
    if (error instanceof CommandError && /FIB table does not exist/.test(error.stderr)) return [];
    throw error;
  }
}

type Rule = { priority: number; src: string; dst?: string; iif?: string; table: string };

/** Numbers of the tables that what comes in by the network's gateway is led to. */
async function readRules(family: Family, network: string): Promise<number[]> {
  const rules = JSON.parse(await exec('ip', [family, '-j', 'rule', 'show'])) as Rule[];
  return rules
    .filter((rule) => rule.priority === priority && rule.iif === gatewayOf(network))
    .map(({ table }) => Number(table));
}

const families = async (): Promise<Family[]> =>
  access('/proc/sys/net/ipv6').then(
    () => ['-4', '-6'],
    () => ['-4'], // switched off
  );

/** What a route takes the place of: one with the same destination and metric. */
const placeOf = (text: string): string =>
  `${/(\S+)(?: via| dev| metric|$)/.exec(text)?.[1]} ${/metric \d+/.exec(text)?.[0] ?? ''}`;

/** Commands of `ip` that make `now` what is wanted, without a moment in which a route is missing that stays. */
export function tableCommands(table: number, wanted: readonly string[], now: readonly string[]): string[] {
  const places = wanted.map(placeOf);
  const gone = now.filter((one) => !places.includes(placeOf(one)));
  const missing = wanted.filter((one) => !now.includes(one));
  return [
    ...gone.map((one) => `route delete ${one} table ${table}`),
    ...missing.map((one) => `route replace ${one} table ${table} proto static`),
  ];
}

const ruleWords = (verb: 'add' | 'delete', network: string, table: number): string[] => [
  ...['rule', verb, 'priority', String(priority), 'iif', gatewayOf(network), 'lookup', String(table)],
];

/** The rule first: what a table without routes leaves to the main one is not let out by the filter. */
async function dropTable(family: Family, network: string, table: number): Promise<void> {
  if ((await readRules(family, network)).includes(table))
    await exec('ip', [family, ...ruleWords('delete', network, table)]);
  await batch('ip', tableCommands(table, [], await readTable(family, table)));
}

/** Makes the network's rules and tables those of the config: none where guests leave by this host. @throws CommandError */
export async function setEgress(config: NetworkConfig): Promise<void> {
  const own = tableOf(config);
  for (const family of await families()) {
    const wanted = detourRoutes(config, family);
    const tables = await readRules(family, config.name);
    if (wanted.length > 0) {
      await batch('ip', tableCommands(own, wanted, await readTable(family, own)));
      if (!tables.includes(own)) await exec('ip', [family, ...ruleWords('add', config.name, own)]);
    }
    for (const table of tables.filter((one) => wanted.length === 0 || one !== own))
      await dropTable(family, config.name, table);
  }
}

/** @param vni where it is known: a table that has lost its rule is found by it. */
export async function removeEgress(network: string, vni: number | undefined): Promise<void> {
  for (const family of await families()) {
    const own = vni === undefined ? [] : [tableOf({ vni })];
    for (const table of new Set([...(await readRules(family, network)), ...own]))
      await dropTable(family, network, table);
  }
}

/** What is there of a detour, part by part; of a network without one nothing is looked for. */
export async function readEgress(config: NetworkConfig): Promise<[string, string][]> {
  const reading: [string, string][] = [];
  for (const family of await families()) {
    if (detourRoutes(config, family).length === 0) continue;
    const protocol = `IPv${family.slice(1)}`;
    for (const table of await readRules(family, config.name))
      reading.push([`${protocol} rule to table ${table}`, '']);
    for (const route of await readTable(family, tableOf(config)))
      reading.push([`${protocol} route ${route} of its way out`, '']);
  }
  return reading;
}
