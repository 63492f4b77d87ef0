/**
 * A new key for a host's tunnels, without a moment in which the others do not know it.
 *
 *   host makes it ──▶ store: next ──▶ all peers know both ──▶ host uses it ──▶ store: current ──▶ peers carry by it
 *
 * Each step may be repeated. When control ends in the middle, the host's own word for the key that it uses settles
 * which one is current (`reviewTunnels`), and asking again ends what was begun.
 */
import type { Services } from '../services.ts';
import { askTunnel, configFor, settleKey, syncTunnels } from './tunnels.ts';

/** @throws BlanketError of the host's agent, or `ssh.*` / `agent.*`; then it is to be asked for again. */
export async function rotateKey(services: Services, host: string): Promise<void> {
  const { store, agents } = services;
  settleKey(services, host, (await askTunnel(services, host)).publicKey);
  const { publicKey } = await agents.call(host, 'tunnel.next-key', {});
  store.hosts.update(host, { tunnelKeyNext: publicKey });
  await syncTunnels(services, host);
  const config = configFor(store, store.hosts.get(host));
  await agents.call(host, 'tunnel.configure', { ...config, key: publicKey });
  settleKey(services, host, publicKey);
  await syncTunnels(services, host);
}
