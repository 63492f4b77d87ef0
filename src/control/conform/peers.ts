/** A host's ways to every other host that is ready: throughput, loss, and what passes uncut. */
import type { PeerReadings, Reading } from '../../wire/routes/conform.ts';
import { tunnelAddress } from '../network/addresses.ts';
import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';
import { reading } from './reading.ts';

const STREAM_MS = 4_000;
/** The sender's time, and as much again for a slow host to begin and to drain. */
const SINK_LIFE_MS = 40_000;
const PINGS = 40;
const CALL_TIMEOUT_MS = 120_000;

export const readyPeers = ({ store }: Services, host: string): HostRecord[] =>
  store.hosts.list().filter(({ name, state }) => name !== host && state === 'ready');

/** Everything that the other host has to do is no fault of this one. */
async function throughput(services: Services, host: string, peer: string, signal: AbortSignal) {
  let sink: { address: string; port: number };
  try {
    sink = await services.agents.call(peer, 'conform.sink', { lifeMs: SINK_LIFE_MS });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { skipped: `${peer} offers nothing to send to: ${why}` };
  }
  const options = { signal, timeoutMs: CALL_TIMEOUT_MS };
  return reading(
    () => services.agents.call(host, 'conform.send', { ...sink, ms: STREAM_MS }, options),
    signal,
  );
}

export async function measurePeer(
  services: Services,
  host: string,
  peer: HostRecord,
  signal: AbortSignal,
): Promise<PeerReadings> {
  const { agents } = services;
  const options = { signal, timeoutMs: CALL_TIMEOUT_MS };
  const inside = tunnelAddress(peer.index);
  const path = (address: string, layer: 'outer' | 'tunnel') =>
    reading(() => agents.call(host, 'conform.path', { address, layer }, options), signal);
  const { address } = peer;
  const noAddress: Reading<never> = { skipped: `${peer.name} has no address.` };
  return {
    host: peer.name,
    // First: a tunnel that was silent shakes hands with the first packet, which is not what the others measure.
    tunnelPath: await path(inside, 'tunnel'),
    outerPath: address === null ? noAddress : await path(address, 'outer'),
    loss: await reading(
      () => agents.call(host, 'conform.loss', { address: inside, count: PINGS }, options),
      signal,
    ),
    throughput: await throughput(services, host, peer.name, signal),
  };
}
