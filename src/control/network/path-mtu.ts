/**
 * How large packets in the tunnels may be, from the paths below them; `docs/decisions/overlay-mtu.md` says why so.
 *
 *   smallest path, 1500 at most  ── WireGuard's 80 ──▶  what fits uncut
 *   networks as they are         ── VXLAN's 50 more ─▶  what has to pass, in fragments if it must
 *                                                       the tunnels have the larger of the two
 */
import { isIPv4 } from 'node:net';
import type { Problem } from '../../wire/errors.ts';
import { mtuSchema } from '../../wire/network.ts';
import type { Services } from '../services.ts';
import type { HostRecord, NetworkRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** Ethernet's, which clouds offer each other at most. */
const usualPath = 1500;
/** IPv6's header 40, UDP's 8, WireGuard's own 32 (its white paper, 5.4.6); over IPv4 20 are left over. */
const wireguardBytes = 80;
/** IPv4's header 20, UDP's 8, VXLAN's 8 and the guest's Ethernet header 14 (RFC 7348, 5). */
export const vxlanBytes = 50;
const [smallestMtu, largestMtu] = [mtuSchema.minValue ?? 0, mtuSchema.maxValue ?? Number.POSITIVE_INFINITY];

const MEASURE_MS = 60_000;

type Paths = readonly Pick<HostRecord, 'pathMtu'>[];
type Networks = readonly Pick<NetworkRecord, 'name' | 'mtu'>[];

/** Bytes of the largest packet in a tunnel that no path has to cut. A network that is made now has VXLAN's 50 less. */
export function fittingMtu(hosts: Paths): number {
  const known = hosts.flatMap(({ pathMtu }) => (pathMtu === null ? [] : [pathMtu]));
  // Under that a network is none, and WireGuard's packets are cut instead.
  return Math.max(Math.min(usualPath, ...known) - wireguardBytes, smallestMtu + vxlanBytes);
}

/** Bytes of the largest packet in a tunnel: what fits, or what networks that are there already need. */
export const tunnelMtu = (hosts: Paths, networks: Networks): number =>
  Math.min(Math.max(fittingMtu(hosts), ...networks.map(({ mtu }) => mtu + vxlanBytes)), largestMtu);

/** A warning for each network whose full frames no longer fit. */
export function tooWide(hosts: Paths, networks: Networks): Problem[] {
  const fits = fittingMtu(hosts) - vxlanBytes;
  return networks
    .filter(({ mtu }) => mtu > fits)
    .map(({ name, mtu }) => ({
      code: 'network.mtu-too-large',
      kind: 'blocked',
      message: `Guests on the network ${name} send frames of up to ${mtu} bytes, and the narrowest path between hosts carries ${fits}: larger ones are sent in fragments, which is slower, and lost where a firewall drops fragments.`,
      next: `Make a network with --mtu ${fits} for new guests, or remove the host whose path is narrow.`,
      data: { network: name, mtu, fits },
    }));
}

const inTunnels: readonly HostRecord['state'][] = ['provisioning', 'ready', 'unreachable'];

/** Hosts that this one has a way to, also those that cannot be asked now. */
const peersOf = (store: Store, host: string): HostRecord[] =>
  store.hosts
    .list()
    .filter(({ name, state, tunnelKey }) => name !== host && tunnelKey !== null && inTunnels.includes(state));

/** `smallest`: bytes; `null` when no path was measured. `whole`: every path there is was, by a ping that came through. */
type Measured = { smallest: number | null; whole: boolean };

/** Measures from this host to every host that is ready. */
export async function measurePaths(
  { store, agents, log }: Services,
  host: string,
  signal: AbortSignal,
): Promise<Measured> {
  const peers = peersOf(store, host);
  const addresses = peers.flatMap(({ state, address }) =>
    state === 'ready' && address !== null && isIPv4(address) ? [address] : [],
  );
  const options = { signal, timeoutMs: MEASURE_MS };
  const readings = await Promise.allSettled(
    addresses.map((address) => agents.call(host, 'conform.path', { address, layer: 'outer' }, options)),
  );
  signal.throwIfAborted();
  const read = readings.flatMap((reading) => {
    if (reading.status === 'fulfilled') return [reading.value];
    log.warn({ host, err: reading.reason }, 'a path was not measured');
    return [];
  });
  // Many clouds let no ping through; then the card's own MTU is what is known of the path.
  const sizes = read.map(({ largest, deviceMtu }) => largest ?? deviceMtu);
  const sure = read.filter(({ largest }) => largest !== undefined).length;
  return { smallest: sizes.length === 0 ? null : Math.min(...sizes), whole: sure === peers.length };
}

/** After a host has left: paths that were narrow may have been its own. What cannot be measured stays as it was. */
export async function measureAgain(services: Services, signal: AbortSignal): Promise<void> {
  const { store } = services;
  for (const { name, state, pathMtu } of store.hosts.list()) {
    if (state !== 'ready' || pathMtu === null || pathMtu >= usualPath) continue;
    const { smallest, whole } = await measurePaths(services, name, signal);
    if (store.hosts.find(name) === undefined) continue; // removed meanwhile
    store.hosts.update(name, { pathMtu: whole ? smallest : Math.min(pathMtu, smallest ?? pathMtu) });
  }
}
