/** Ports of this host that guests' are published on must not be somebody else's. */
import { BlanketError } from '../../wire/errors.ts';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { exec } from '../host-access.ts';
import { isOurs } from './names.ts';

type Publish = NetworkConfig['publishes'][number];
type Port = Pick<Publish, 'protocol' | 'port'>;
/** `device`: the only one that it hears. */
type Listener = { protocol: string; address: string; device: string | undefined; port: number };

/** A port that cannot be published, and who has it. */
export type Taken = { publish: Publish; by: string };

/** Lines of `ss -Hlntu`: protocol, state, two queues, local address and port, the peer's. */
export function listenersIn(text: string): Listener[] {
  return text.split('\n').flatMap((line) => {
    const [protocol, , , , local] = line.trim().split(/\s+/);
    const [, address, device, port] = local?.match(/^(.*?)(?:%(.*))?:(\d+)$/) ?? [];
    if (protocol === undefined || address === undefined) return [];
    return [{ protocol, address, device, port: Number(port) }];
  });
}

export const listeners = async (): Promise<Listener[]> => listenersIn(await exec('ss', ['-Hlntu']));

const isSamePort = (one: { protocol: string; port: number }, other: Port): boolean =>
  one.protocol === other.protocol && one.port === other.port;

const isSame = (one: Publish, other: Publish): boolean =>
  isSamePort(one, other) && one.address === other.address && one.toPort === other.toPort;

/** Packets for addresses of one's own are never published ones, nor is anything of IPv6. */
const isApart = ({ address, device = '' }: Listener): boolean =>
  address.startsWith('127.') ||
  (address.startsWith('[') && address !== '[::]' && !address.startsWith('[::ffff:')) ||
  isOurs(device);

/** The ports of `config` that cannot be published. What listens at a gateway is for guests and in nobody's way. */
export function takenPorts(
  config: NetworkConfig,
  listening: readonly Listener[],
  others: readonly NetworkConfig[],
): Taken[] {
  const gateways = new Set([config, ...others].map(({ gateway }) => gateway.address));
  const inTheWay = listening.filter((one) => !isApart(one) && !gateways.has(one.address));
  return config.publishes.flatMap((publish): Taken[] => {
    const listener = inTheWay.find((one) => isSamePort(one, publish));
    if (listener !== undefined) return [{ publish, by: `a program that listens on ${listener.address}` }];
    const other = others.find(({ publishes }) =>
      publishes.some((one) => isSamePort(one, publish) && one.address !== publish.address),
    );
    return other === undefined ? [] : [{ publish, by: `a guest of network ${other.name}` }];
  });
}

/**
 * Which ports somebody else has. Those that this network had before are not asked for again.
 * @param kept every network on this host, this one's former self included.
 */
export async function findTaken(config: NetworkConfig, kept: readonly NetworkConfig[]): Promise<Taken[]> {
  const before = kept.find(({ name }) => name === config.name)?.publishes ?? [];
  const publishes = config.publishes.filter((publish) => !before.some((one) => isSame(one, publish)));
  if (publishes.length === 0) return [];
  const others = kept.filter(({ name }) => name !== config.name);
  return takenPorts({ ...config, publishes }, await listeners(), others);
}

const portText = ({ protocol, port }: Port): string => `${protocol}/${port}`;

/** `data` names the first as `protocol` and `port`, and all of them in `taken`. */
export function portsTaken(taken: readonly Taken[]): BlanketError {
  const [first, ...rest] = taken.map(({ publish, by }) => ({ port: portText(publish), by }));
  const more = rest.map(({ port, by }) => `, port ${port} by ${by}`).join('');
  const ports = taken.map(({ publish: { protocol, port } }) => ({ protocol, port }));
  return new BlanketError(
    'network.port-taken',
    `Port ${first?.port} of this host is taken by ${first?.by}${more}.`,
    {
      kind: 'conflict',
      next: 'Publish on another port, or on other hosts.',
      data: { ...ports[0], taken: ports },
    },
  );
}
