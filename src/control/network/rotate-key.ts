/**
 * A new key for a host's tunnels, without a moment in which the others do not know it.
 *
 *   host makes it ──▶ store: next ──▶ all peers know both ──▶ host uses it ──▶ store: current ──▶ peers carry by it
 *
 * Each step may be repeated. When control ends in the middle, the host's own word for the key that it uses settles
 * which one is current (`reviewTunnels`), and asking again ends what was begun.
 */
import { BlanketError } from '../../wire/errors.ts';
import type { Services } from '../services.ts';
import { askTunnel, configFor, settleKey, syncTunnels } from './tunnels.ts';

/** @throws BlanketError `tunnel.peers-away` and the host keeps its key; of the host's agent, or `ssh.*` / `agent.*`; then it is to be asked for again. */
export async function rotateKey(services: Services, host: string): Promise<void> {
  const { store, agents } = services;
  settleKey(services, host, (await askTunnel(services, host)).publicKey);
  const { publicKey } = await agents.call(host, 'tunnel.next-key', {});
  store.hosts.update(host, { tunnelKeyNext: publicKey });
  const missed = await syncTunnels(services, host);
  if (missed.length > 0) throw peersAway(host, missed);
  const config = configFor(store, store.hosts.get(host));
  await agents.call(host, 'tunnel.configure', { ...config, key: publicKey });
  settleKey(services, host, publicKey);
  await syncTunnels(services, host);
}

/** Who does not know the new key would no longer hear the host at all, nor go through a relay to it. */
const peersAway = (host: string, peers: readonly string[]): BlanketError =>
  new BlanketError(
    'tunnel.peers-away',
    `${peers.join(', ')} cannot be told of a new key, so ${host} keeps the one it has.`,
    {
      kind: 'blocked',
      next: 'Try again when `blanket host list` shows them ready, or remove those that are gone for good.',
      data: { host, peers },
    },
  );
