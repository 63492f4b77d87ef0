/**
 * A network's subnet must not be one that the host reaches by a device of its own: the bridge's route would take its place, and
 * the host would be cut off from its router, and with it from whoever runs it.
 */
import { BlockList, isIPv6 } from 'node:net';
import { BlanketError, type Problem, toProblem } from '../../wire/errors.ts';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { addressCommands, batch, linkNamed, type Route, removeLink, routesIn } from '../links.ts';
import { tunnelInterface } from '../tunnel.ts';
import { routesOf } from './devices.ts';
import { bridgeOf, gatewayOf, isOurs } from './names.ts';

type Prefix = { address: string; length: number; family: 'ipv4' | 'ipv6' };

function prefixOf(text: string): Prefix {
  const [address = '', length] = text.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return { address, family, length: Number(length ?? (family === 'ipv6' ? 128 : 32)) };
}

function contains({ address, length, family }: Prefix, other: Prefix): boolean {
  if (family !== other.family) return false;
  const list = new BlockList();
  list.addSubnet(address, length, family);
  return list.check(other.address, other.family);
}

const overlap = (one: Prefix, other: Prefix): boolean => contains(one, other) || contains(other, one);

const isForeign = ({ dev }: Route): boolean => dev === undefined || (!isOurs(dev) && dev !== tunnelInterface);

/** Routers on the way; a destination that is on the device's own link has none. */
const routersOf = ({ gateway, via, nexthops = [] }: Route): string[] =>
  [gateway, via?.host, ...nexthops.map((hop) => hop.gateway)].flatMap((router) => router ?? []);

/** The first of the host's routes that the network's own would take the place of, or cut off from its router. */
export function overlapping({ subnet, subnet6 }: NetworkConfig, routes: readonly Route[]): Route | undefined {
  const own = [subnet, ...(subnet6 === null ? [] : [subnet6])].map(prefixOf);
  const isOwn = (text: string) => own.some((one) => overlap(one, prefixOf(text)));
  return routes.filter(isForeign).find((route) => {
    const routers = routersOf(route);
    if (routers.length > 0) return routers.some(isOwn);
    return route.dev !== undefined && route.dst !== 'default' && isOwn(route.dst);
  });
}

const overlapError = (config: NetworkConfig, { dst, dev, nexthops }: Route): BlanketError => {
  const device = dev ?? nexthops?.[0]?.dev;
  return new BlanketError(
    'network.overlap',
    `Network ${config.name} would take this host's way to ${dst} by ${device} from it.`,
    {
      kind: 'conflict',
      next: 'Give the network another subnet, or the host another address.',
      data: { network: config.name, device, route: dst },
    },
  );
};

/** Gives the host its way back. Guests that it carries still reach each other by the bridge. */
async function withdraw(config: NetworkConfig, routes: readonly Route[]): Promise<void> {
  const bridge = bridgeOf(config.name);
  const own = routes.filter(({ dev }) => dev === bridge).map(({ dst }) => dst);
  const taken = routesOf(config).filter((route) => own.includes(route.split(' ')[0] ?? ''));
  await removeLink(gatewayOf(config.name)); // with its addresses, one of which may be the router's
  const link = await linkNamed(bridge);
  await batch('ip', [
    ...taken.map((route) => `route delete ${route}`),
    ...(link === undefined ? [] : addressCommands(bridge, link, [])),
  ]);
}

const allRoutes = async (): Promise<Route[]> => [...(await routesIn('-4')), ...(await routesIn('-6'))];

/**
 * The host's way may come after the network, as a lease does that is slower than a boot: what the network has taken it gives
 * back then, and waits. @throws BlanketError `network.overlap`
 */
export async function requireApart(config: NetworkConfig): Promise<void> {
  const routes = await allRoutes();
  const found = overlapping(config, routes);
  if (found === undefined) return;
  await withdraw(config, routes);
  throw overlapError(config, found);
}

/** Networks that are not set up here, or not any more, since the host has a way of its own to where they are. */
export async function overlaps(configs: readonly NetworkConfig[]): Promise<Problem[]> {
  const routes = configs.length === 0 ? [] : await allRoutes();
  return configs.flatMap((config) => {
    const found = overlapping(config, routes);
    return found === undefined ? [] : [toProblem(overlapError(config, found))];
  });
}
