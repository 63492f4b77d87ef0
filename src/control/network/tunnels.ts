/**
 * Brings the tunnels between hosts to what the store and the ways (`relays.ts`) say.
 *
 *   store: who takes part ──┐
 *                           ├──▶ one whole configuration a host ──▶ told, if it is not what was told last
 *   hosts: who is heard ────┘
 *
 * Every host has every other as a peer; only what a peer carries moves. Nobody needs control for traffic to go on: while it
 * is away hosts keep what they were told last, and are told again when control or they come back.
 */
import { isIP, isIPv6 } from 'node:net';
import type { AgentParams, AgentResult } from '../../wire/agent.ts';
import type { CallOptions } from '../agents/agent-link.ts';
import { within } from '../agents/within.ts';
import type { Services } from '../services.ts';
import type { HostRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { tunnelAddress, tunnelPort, tunnelPrefix } from './addresses.ts';
import { keepWays, readWays } from './kept-ways.ts';
import { tunnelMtu } from './path-mtu.ts';
import { carriedBy, relays, type Seen, type Statuses, type Way, type Ways } from './relays.ts';

type Config = AgentParams<'tunnel.configure'>;
/** `told`: the configuration that each host took last, as JSON. */
type Mesh = { ways: Ways; told: Map<string, string> };
/** What hosts said, and who said nothing. */
type Heard = { statuses: Statuses; silent: { host: string; why: string }[] };

const ANSWER_MS = 10_000;
/** A slow, emulated host takes seconds for it; one that hangs must not keep the others from being looked at. */
const CONFIGURE_MS = 30_000;
/** With the making of a connection, for which a slow host takes seconds too, and a minute when nobody answers. */
type Limits = { answerMs: number; configureMs: number };
const usual: Limits = { answerMs: 2 * ANSWER_MS, configureMs: CONFIGURE_MS };

const meshes = new WeakMap<Store, Mesh>();

/** What is known of the tunnels by the control that has this store open. */
function meshOf(store: Store): Mesh {
  const mesh = meshes.get(store) ?? { ways: readWays(store, Date.now()), told: new Map() };
  meshes.set(store, mesh);
  return mesh;
}

/** Hosts that do not reach each other directly, as it was decided last. */
export const detours = (store: Store): Pick<Way, 'hosts' | 'via'>[] =>
  [...meshOf(store).ways.values()]
    .filter(({ state }) => state === 'relayed' || state === 'broken')
    .map(({ hosts, via }) => ({ hosts, via }));

const states: readonly HostRecord['state'][] = ['provisioning', 'ready', 'unreachable'];

/** Hosts with a tunnel: also one that is just being enrolled, and one that control alone may not reach. */
export const tunnelMembers = ({ hosts }: Pick<Store, 'hosts'>): HostRecord[] =>
  hosts
    .list()
    .filter(
      ({ tunnelKey, address, state }) => tunnelKey !== null && address !== null && states.includes(state),
    );

/** `null` for one behind a NAT, which begins itself, and for one that an earlier control knew only by a name. */
function endpointOf({ address, behindNat }: HostRecord): string | null {
  if (behindNat || address === null || isIP(address) === 0) return null;
  return `${isIPv6(address) ? `[${address}]` : address}:${tunnelPort}`;
}

/** A peer, and beside it the key that it is about to have, so that it may begin to use that at once. */
function peersAs(host: HostRecord, carries: string[]): Config['peers'] {
  const { tunnelKey, tunnelKeyNext, index } = host;
  const common = { endpoint: endpointOf(host), address: tunnelAddress(index) };
  return [
    { ...common, publicKey: String(tunnelKey), carries },
    ...(tunnelKeyNext === null || tunnelKeyNext === tunnelKey
      ? []
      : [{ ...common, publicKey: tunnelKeyNext, carries: [] }]),
  ];
}

/** The whole tunnel of one host. While its key is being replaced it uses whichever it has come to use. */
export function configFor(store: Store, host: HostRecord): Config {
  const members = tunnelMembers(store);
  const names = members.map(({ name }) => name);
  const indexes = new Map(members.map(({ name, index }) => [name, index]));
  const { ways } = meshOf(store);
  const carries = (peer: string) =>
    carriedBy(ways, names, host.name, peer).map((to) => tunnelAddress(indexes.get(to) ?? 0));
  return {
    ...{ address: tunnelAddress(host.index), prefix: tunnelPrefix, port: tunnelPort },
    mtu: tunnelMtu(members, store.networks.list()),
    key: host.tunnelKeyNext === null ? host.tunnelKey : null,
    peers: members
      .filter(({ name }) => name !== host.name)
      .flatMap((peer) => peersAs(peer, carries(peer.name))),
  };
}

/** @param limitMs without one a connection is waited for as long as it takes. */
async function tell(
  { store, agents }: Services,
  host: HostRecord,
  again: boolean,
  limitMs?: number,
): Promise<void> {
  const { told } = meshOf(store);
  const config = configFor(store, host);
  const text = JSON.stringify(config);
  if (!again && told.get(host.name) === text) return;
  told.delete(host.name);
  const configure = (options: CallOptions) => agents.call(host.name, 'tunnel.configure', config, options);
  await (limitMs === undefined
    ? configure({ timeoutMs: CONFIGURE_MS })
    : within(limitMs, host.name, configure));
  told.set(host.name, text);
}

/**
 * A failure on `needed` counts; one elsewhere is logged, and made good when the tunnels are reviewed.
 * @returns hosts that were not told.
 */
async function tellAll(
  services: Services,
  again: boolean,
  { needed, limitMs = CONFIGURE_MS }: { needed?: string | undefined; limitMs?: number },
): Promise<string[]> {
  const { store, log } = services;
  const members = tunnelMembers(store);
  const { told } = meshOf(store);
  const reached = members.filter(({ state }) => state !== 'unreachable');
  const names = new Set(reached.map(({ name }) => name));
  for (const name of told.keys()) if (!names.has(name)) told.delete(name);
  const results = await Promise.allSettled(
    reached.map((host) => tell(services, host, again, host.name === needed ? undefined : limitMs)),
  );
  const missed = members.filter(({ state }) => state === 'unreachable').map(({ name }) => name);
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') continue;
    const host = reached[index]?.name ?? '';
    if (host === needed) throw result.reason;
    log.warn({ host, err: result.reason }, 'tunnel not brought up to date here');
    missed.push(host);
  }
  return missed;
}

/**
 * Who takes part has changed, or a key has: tells every host.
 * @param joining whose failure counts. @returns hosts that were not told.
 */
export async function syncTunnels(services: Services, joining?: string): Promise<string[]> {
  decide(services, new Map());
  return tellAll(services, true, { needed: joining });
}

/** Takes what hosts said into account. */
function decide({ store, log }: Services, statuses: Statuses): void {
  const mesh = meshOf(store);
  const names = tunnelMembers(store).map(({ name }) => name);
  const before = mesh.ways;
  mesh.ways = relays(names, statuses, before, Date.now());
  const changed = [...mesh.ways].filter(([pair, { state, via }]) => {
    const was = before.get(pair);
    return was?.state !== state || was.via !== via;
  });
  for (const [, { hosts, state, via }] of changed) log.info({ hosts, state, via }, 'tunnel');
  if (changed.length > 0 || before.size !== mesh.ways.size) keepWays(store, mesh.ways);
}

export const askTunnel = (
  { agents }: Pick<Services, 'agents'>,
  host: string,
): Promise<AgentResult<'tunnel.status'>> => agents.call(host, 'tunnel.status', {}, { timeoutMs: ANSWER_MS });

/** What one host's status says of the others, by their names. */
export function seenBy(
  members: readonly HostRecord[],
  host: string,
  { peers }: AgentResult<'tunnel.status'>,
): ReadonlyMap<string, Seen> {
  const byKey = new Map(peers.map((peer) => [peer.publicKey, peer]));
  const none = { handshakeSecondsAgo: null, receivedBytes: 0 };
  return new Map(
    members
      .filter(({ name }) => name !== host)
      .map(({ name, tunnelKey }) => [name, byKey.get(String(tunnelKey)) ?? none]),
  );
}

/** The host has said that it uses the key which was to take the other's place. */
export function settleKey({ store }: Pick<Services, 'store'>, host: string, inUse: string): void {
  const record = store.hosts.find(host);
  if (record === undefined || record.tunnelKeyNext !== inUse) return;
  store.hosts.update(host, { tunnelKey: inUse, tunnelKeyNext: null });
}

async function listen(services: Services, limitMs: number): Promise<Heard> {
  const { store } = services;
  const members = tunnelMembers(store);
  const away = members.filter(({ state }) => state === 'unreachable');
  const asked = members.filter(({ state }) => state !== 'unreachable');
  const silent = away.map(({ name }) => ({ host: name, why: 'Control cannot reach it.' }));
  const statuses = new Map<string, ReadonlyMap<string, Seen>>();
  await Promise.all(
    asked.map(async ({ name }) => {
      try {
        const status = await within(limitMs, name, () => askTunnel(services, name));
        settleKey(services, name, status.publicKey);
        statuses.set(name, seenBy(members, name, status));
      } catch (error) {
        silent.push({ host: name, why: error instanceof Error ? error.message : String(error) });
      }
    }),
  );
  return { statuses, silent };
}

/** Asks every host whom it hears, decides on the ways, and tells those whose configuration is another now. */
export async function reviewTunnels(
  services: Services,
  { answerMs, configureMs }: Limits = usual,
): Promise<Heard & { ways: Ways }> {
  const heard = await listen(services, answerMs);
  decide(services, heard.statuses);
  await tellAll(services, false, { limitMs: configureMs });
  return { ...heard, ways: meshOf(services.store).ways };
}
