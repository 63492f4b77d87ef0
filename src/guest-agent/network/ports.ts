/** Ports of this host that guests' are published on must not be somebody else's. */
import { BlanketError } from '../../wire/errors.ts';
import type { NetworkConfig } from '../../wire/methods/network.ts';
import { exec } from '../host-access.ts';

type Publish = NetworkConfig['publishes'][number];
type Listener = { protocol: string; address: string; port: number };

/** Lines of `ss -Hlntu`: protocol, state, two queues, local address and port, the peer's. */
export function listenersIn(text: string): Listener[] {
  return text.split('\n').flatMap((line) => {
    const [protocol, , , , local] = line.trim().split(/\s+/);
    const [, address, port] = local?.match(/^(.*):(\d+)$/) ?? [];
    if (protocol === undefined || address === undefined) return [];
    return [{ protocol, address: address.replace(/%.*$/, ''), port: Number(port) }];
  });
}

const sameAs = (one: Publish) => (other: Publish) =>
  one.protocol === other.protocol &&
  one.port === other.port &&
  one.address === other.address &&
  one.toPort === other.toPort;

/** The first that cannot be published, and why. `gateways`: what listens there is for guests and in nobody's way. */
export function takenPort(
  wanted: readonly Publish[],
  listeners: readonly Listener[],
  others: readonly NetworkConfig[],
): { publish: Publish; by: string } | undefined {
  const gateways = new Set(others.map(({ gateway }) => gateway.address));
  for (const publish of wanted) {
    const { protocol, port } = publish;
    const isSame = (one: { protocol: string; port: number }) =>
      one.protocol === protocol && one.port === port;
    const listener = listeners.find((one) => isSame(one) && !gateways.has(one.address));
    if (listener !== undefined) return { publish, by: `a program that listens on ${listener.address}` };
    const other = others.find(({ publishes }) =>
      publishes.some((one) => isSame(one) && one.address !== publish.address),
    );
    if (other !== undefined) return { publish, by: `a guest of network ${other.name}` };
  }
  return undefined;
}

/**
 * Ports that this network had before are not asked for again.
 * @param kept every network on this host, this one's former self included.
 * @throws BlanketError `network.port-taken`
 */
export async function requireFreePorts(config: NetworkConfig, kept: readonly NetworkConfig[]): Promise<void> {
  const before = kept.find(({ name }) => name === config.name)?.publishes ?? [];
  const wanted = config.publishes.filter((publish) => !before.some(sameAs(publish)));
  if (wanted.length === 0) return;
  const others = kept.filter(({ name }) => name !== config.name);
  const taken = takenPort(wanted, listenersIn(await exec('ss', ['-Hlntu'])), others);
  if (taken === undefined) return;
  const { protocol, port } = taken.publish;
  throw new BlanketError(
    'network.port-taken',
    `Port ${protocol}/${port} of this host is taken by ${taken.by}.`,
    {
      kind: 'conflict',
      next: 'Publish it on another port, or on other hosts.',
      data: { protocol, port },
    },
  );
}
