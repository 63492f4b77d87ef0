/**
 * The last phase of provisioning: the host joins the tunnels, is heard by the others, and carries every network. Guests may
 * come as soon as it is ready, and then nothing may undo it any more: so that is noted last, when nothing is left to fail.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../../wire/errors.ts';
import { admitHost } from '../network/admit.ts';
import { noteBehind } from '../network/behind.ts';
import { blocked, partlyBlocked } from '../network/open-port.ts';
import { learnSubnets } from '../network/own-subnets.ts';
import { measureAgain, measurePaths, tooWide } from '../network/path-mtu.ts';
import { isPortTaken, syncNetworks } from '../network/sync.ts';
import { portTaken } from '../network/tell-hosts.ts';
import { askTunnel, reviewTunnels, seenBy, syncTunnels, tunnelMembers } from '../network/tunnels.ts';
import type { Phase, PhaseContext } from '../run-phases.ts';
import type { Services } from '../services.ts';
import { needEmpty } from './guests-at.ts';
import type { ProvisionState } from './provision.ts';

/** WireGuard tries again every 5 s, so this is a good many attempts, also for a slow host. */
const HANDSHAKE_MS = 45_000;
const PAUSE_MS = 1_000;

/** Hosts that are ready and have not shaken hands with this one. @param forMs waits so long for them. */
export async function unheard(
  services: Services,
  host: string,
  forMs: number,
  signal: AbortSignal,
): Promise<{ peers: string[]; missing: string[] }> {
  const { store } = services;
  const until = Date.now() + forMs;
  for (;;) {
    const seen = seenBy(tunnelMembers(store), host, await askTunnel(services, host));
    const peers = [...seen.keys()].filter((name) => store.hosts.find(name)?.state === 'ready');
    const missing = peers.filter((name) => (seen.get(name)?.handshakeSecondsAgo ?? null) === null);
    if (missing.length === 0 || Date.now() >= until) return { peers, missing };
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

/** @throws BlanketError `tunnel.blocked` */
async function shakeHands(
  services: Services,
  { state: { host }, signal, progress }: PhaseContext<ProvisionState>,
  forMs: number,
): Promise<Problem[]> {
  progress({ message: 'waiting for the other hosts to hear its tunnel' });
  const { peers, missing } = await unheard(services, host, forMs, signal);
  if (missing.length === 0) return [];
  const record = services.store.hosts.get(host);
  if (missing.length === peers.length) throw blocked(record, missing, forMs);
  return [partlyBlocked(record, missing)];
}

/** What other hosts fail at is made good later. @throws BlanketError of the host, when it does not carry a network */
async function carryNetworks(services: Services, host: string): Promise<Problem[]> {
  const own = (await syncNetworks(services, host)).filter((failure) => failure.host === host);
  const failed = own.find((failure) => !isPortTaken(failure));
  if (failed !== undefined) throw failed.error;
  return own.map(portTaken);
}

/** @param handshakeMs how long it waits for other hosts to hear it. */
export const enrolPhase = (services: Services, handshakeMs = HANDSHAKE_MS): Phase<ProvisionState> => ({
  name: 'enrol',
  async do(context) {
    const { store, agents } = services;
    const { state, signal, progress, save } = context;
    const { host } = state;
    if (store.hosts.get(host).state !== 'provisioning') return; // control ended just when it was ready
    admitHost(await learnSubnets(services, host), { networks: store.networks.list() });
    progress({ message: 'measuring its paths to the other hosts' });
    const { smallest: pathMtu } = await measurePaths(services, host, signal);
    const { publicKey } = await agents.call(host, 'tunnel.identity', {});
    store.hosts.update(host, { tunnelKey: publicKey, tunnelKeyNext: null, pathMtu });
    await syncTunnels(services, host);
    const lacking = await shakeHands(services, context, handshakeMs);
    // one that was enrolled at the same time may have told others of itself before this one was heard of
    await reviewTunnels(services);
    const carried = await carryNetworks(services, host);
    const wide = tooWide(tunnelMembers(store), store.networks.list());
    save({ warnings: [...lacking, ...wide, ...carried] });
    store.hosts.update(host, { state: 'ready' });
    noteBehind(store, host, Date.now()); // what befell networks meanwhile was told only to hosts that were ready
  },
  async undo({ state: { host }, signal }) {
    needEmpty(services.store, host);
    const gone = { tunnelKey: null, tunnelKeyNext: null, pathMtu: null };
    services.store.hosts.update(host, { state: 'failed', ...gone });
    await leaveTunnels(services, signal);
    await syncNetworks(services);
  },
});

/** After a host has ceased to take part. Its own tunnel ends with its machine. */
export async function leaveTunnels(services: Services, signal: AbortSignal): Promise<void> {
  await syncTunnels(services);
  await measureAgain(services, signal);
  await reviewTunnels(services);
}
