/**
 * A network's subnet must not be one that the host reaches by a device of its own: the bridge's route would take its place, and
 * the host would be cut off from its router, and with it from whoever runs it.
 */
import { BlockList, isIPv6 } from 'node:net';
import { BlanketError } from '../../wire/errors.ts';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { type Route, routesIn } from '../links.ts';
import { tunnelInterface } from '../tunnel.ts';
import { bridgeOf, isOurs } from './names.ts';

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

/** A network that has its route already is not asked: what it takes it has taken. @throws BlanketError `network.overlap` */
export async function requireApart(config: NetworkConfig): Promise<void> {
  const routes = [...(await routesIn('-4')), ...(config.subnet6 === null ? [] : await routesIn('-6'))];
  if (routes.some(({ dev }) => dev === bridgeOf(config.name))) return;
  const found = overlapping(config, routes);
  if (found === undefined) return;
  const device = found.dev ?? found.nexthops?.[0]?.dev;
  throw new BlanketError(
    'network.overlap',
    `Network ${config.name} would take this host's way to ${found.dst} by ${device} from it.`,
    {
      kind: 'conflict',
      next: 'Give the network another subnet, or the host another address.',
      data: { device, route: found.dst },
    },
  );
}
