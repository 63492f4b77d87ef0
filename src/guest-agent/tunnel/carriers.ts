/**
 * While a host's key is being replaced it is two peers with one address. Control says what the first of them carries; the host
 * uses the other from some moment on, and what it sends is dropped unless that one carries its address. Control may be away
 * just then, so which one carries is seen here, by who shook hands last.
 */
import { allowedIps, type TunnelConfig } from './config-file.ts';
import type { TunnelReading } from './reading.ts';

type Peer = TunnelConfig['peers'][number];

const sharing = ({ peers }: TunnelConfig, { address }: Peer): Peer[] =>
  peers.filter((peer) => peer.address === address);

/** Whether some host is more than one peer. */
export const hasTwins = ({ peers }: TunnelConfig): boolean =>
  new Set(peers.map(({ address }) => address)).size < peers.length;

/** In whole seconds, so that two may be alike: then the later peer, as a key is only ever replaced by the one after it. */
function newest(twins: readonly Peer[], { peers }: TunnelReading): Peer | undefined {
  const heard = twins.flatMap((peer) => {
    const at = peers.find(({ publicKey }) => publicKey === peer.publicKey)?.handshakeAt ?? null;
    return at === null ? [] : [{ peer, at }];
  });
  const last = Math.max(...heard.map(({ at }) => at));
  return heard.findLast(({ at }) => at === last)?.peer;
}

/** As control named it, but that of peers with one address the one that is in use carries what any of them is to. */
export function withCarriers(config: TunnelConfig, reading: TunnelReading | undefined): TunnelConfig {
  if (reading === undefined || !hasTwins(config)) return config;
  const peers = config.peers.map((peer) => {
    const twins = sharing(config, peer);
    const user = twins.length > 1 ? newest(twins, reading) : undefined;
    if (user === undefined) return peer;
    return { ...peer, carries: peer === user ? twins.flatMap(({ carries }) => carries) : [] };
  });
  return { ...config, peers };
}

/** Peers that are to carry something and carry something else. */
export const notCarrying = (config: TunnelConfig, { peers }: TunnelReading): Peer[] =>
  config.peers.filter((peer) => {
    const seen = peers.find(({ publicKey }) => publicKey === peer.publicKey);
    return peer.carries.length > 0 && seen !== undefined && `${seen.allowedIps}` !== `${allowedIps(peer)}`;
  });
