/** What someone has changed of the tunnel by hand, in words. Endpoints are not looked at: they move by themselves. */
import { isDeepStrictEqual } from 'node:util';
import type { Link } from '../links.ts';
import { allowedIps, keepaliveOf, type TunnelConfig } from './config-file.ts';
import type { TunnelReading } from './reading.ts';

/** `relays`: it forwards what comes out of the tunnel for others. */
export type Seen = { reading: TunnelReading | undefined; link: Link | undefined; relays: boolean };
/** `publicKey` is the pair's that `config` names. */
export type Wanted = { config: TunnelConfig; publicKey: string };

const differs = (what: string, is: unknown, wanted: unknown): string[] =>
  isDeepStrictEqual(is, wanted) ? [] : [`${what} was ${is ?? 'none'} instead of ${wanted}`];

function linkDifferences({ config }: Wanted, { flags = [], mtu, addr_info = [] }: Link): string[] {
  const inet = addr_info.filter(({ family }) => family === 'inet');
  const addresses = inet.map(({ local, prefixlen }) => `${local}/${prefixlen}`).join(', ');
  return [
    ...(flags.includes('UP') ? [] : ['the tunnel was down']),
    ...differs("the tunnel's MTU", mtu, config.mtu),
    ...differs("the tunnel's address", addresses, `${config.address}/${config.prefix}`),
  ];
}

function peerDifferences(
  wanted: TunnelConfig['peers'][number],
  seen: TunnelReading['peers'][number] | undefined,
): string[] {
  const name = `peer ${wanted.address}`;
  if (seen === undefined) return [`${name} was missing`];
  return [
    ...differs(`what is carried by ${name}`, seen.allowedIps.join(', '), allowedIps(wanted).join(', ')),
    ...differs(`keepalive to ${name}`, seen.keepaliveSeconds, keepaliveOf(wanted)),
    ...(wanted.endpoint !== null && seen.endpoint === null ? [`${name} had no endpoint`] : []),
  ];
}

export function tunnelDifferences(wanted: Wanted, { reading, link, relays }: Seen): string[] {
  if (reading === undefined || link === undefined) return ['the tunnel was missing'];
  const { config, publicKey } = wanted;
  const known = new Set(config.peers.map((peer) => peer.publicKey));
  return [
    ...linkDifferences(wanted, link),
    ...(relays ? [] : ['the tunnel relayed nothing']),
    ...differs("the tunnel's key", reading.publicKey, publicKey),
    ...differs("the tunnel's port", reading.port, config.port),
    ...config.peers.flatMap((peer) =>
      peerDifferences(
        peer,
        reading.peers.find((one) => one.publicKey === peer.publicKey),
      ),
    ),
    ...reading.peers
      .filter((peer) => !known.has(peer.publicKey))
      .map((peer) => `an unknown peer, ${peer.publicKey}, was there`),
  ];
}
