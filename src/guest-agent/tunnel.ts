/**
 * The WireGuard tunnel between hosts: everything between two blankets goes through it, so it is encrypted and each end
 * knows the other by its key. Control names the whole set of peers each time; what it names is kept, set up again after a
 * reboot, and set again when someone has changed it by hand.
 *
 *   control names it ──▶ wg, ip ──▶ tunnel.json ──▶ the key that it names is the one in use
 *
 * A peer carries its own address, and those of hosts that are reached through it. A relay decrypts and encrypts anew. Any
 * host may be one, so each forwards what comes out of the tunnel, with guest networks or without. The filter lets it go back into
 * the tunnel and nowhere else.
 */
import { createSocket } from 'node:dgram';
import { setTimeout } from 'node:timers/promises';
import type { AgentResult } from '../wire/agent.ts';
import { agentMethods } from '../wire/agent-methods.ts';
import { exec } from './host-access.ts';
import { ensureLink, linkNamed, setAddress } from './links.ts';
import { logError } from './log.ts';
import { tunnelMtu } from './mtu.ts';
import { differing, type Settings, setSettings } from './network/sysctls.ts';
import type { Paths } from './paths.ts';
import { serially } from './serially.ts';
import { readState, writeState, writeWhole } from './state-file.ts';
import { hasTwins, notCarrying, withCarriers } from './tunnel/carriers.ts';
import { allowedIps, type TunnelConfig, tunnelFile } from './tunnel/config-file.ts';
import { type Seen, tunnelDifferences } from './tunnel/differences.ts';
import { currentKey, nextKey, pairNamed, settleKey } from './tunnel/keys.ts';
import { peersStatus, readTunnel } from './tunnel/reading.ts';

export const tunnelInterface = 'blanket0';

/** Of this device alone: whether a packet is forwarded is up to where it came in (Documentation/networking/ip-sysctl.rst). */
const relaying: Settings = { [`net/ipv4/conf/${tunnelInterface}/forwarding`]: '1' };

/** Lets what comes out of the tunnel for others go back into it. A host without a tunnel has nothing to let. */
export const letRelay = (): Promise<void> => setSettings(relaying);

type TunnelPaths = Pick<Paths, 'tunnel' | 'tunnelFile' | 'tunnelKey' | 'tunnelKeyNext'>;

const kept = (paths: Pick<Paths, 'tunnel'>): Promise<TunnelConfig | undefined> =>
  readState(paths.tunnel, agentMethods['tunnel.configure'].params);

export const isInTunnel = async (paths: Pick<Paths, 'tunnel'>): Promise<boolean> =>
  (await kept(paths)) !== undefined;

/** Bytes; before this host is in the tunnel what the usual path leaves. */
export const configuredMtu = async (paths: Pick<Paths, 'tunnel'>): Promise<number> =>
  (await kept(paths))?.mtu ?? tunnelMtu;

export const tunnelIdentity = (paths: TunnelPaths): Promise<{ publicKey: string }> =>
  serially('tunnel', async () => ({ publicKey: (await currentKey(paths)).publicKey }));

export const tunnelNextKey = (paths: TunnelPaths): Promise<{ publicKey: string }> =>
  serially('tunnel', async () => ({ publicKey: (await nextKey(paths)).publicKey }));

/** Whether the tunnel that is set has hosts with two keys. */
let twins: boolean | undefined;

/**
 * Its first packet is what makes a host known by a new key, and until then nothing from others arrives. An empty one to the
 * port for what is discarded (RFC 863); one that cannot be sent now is as good as lost on the way.
 */
async function greet({ peers }: TunnelConfig): Promise<void> {
  const socket = createSocket('udp4');
  const send = (address: string) => new Promise((sent) => socket.send('', 9, address, sent));
  const failed = new Promise((resolve) => socket.once('error', resolve));
  await Promise.race([failed, Promise.all(peers.map(({ address }) => send(address)))]);
  socket.close();
}

/** @returns the public key in use. */
async function apply(paths: TunnelPaths, named: TunnelConfig): Promise<string> {
  const { privateKey, publicKey } = await pairNamed(paths, named.key);
  twins = hasTwins(named);
  await ensureLink(tunnelInterface, ['type', 'wireguard']);
  const before = await readTunnel(tunnelInterface);
  const config = withCarriers(named, before);
  // A file, since our pipes are sockets, and a socket cannot be opened by the name /dev/stdin.
  await writeWhole(paths.tunnelFile, tunnelFile(config, privateKey), 0o600);
  await exec('wg', ['syncconf', tunnelInterface, paths.tunnelFile]);
  await setAddress(tunnelInterface, `${config.address}/${config.prefix}`);
  await exec('ip', ['link', 'set', tunnelInterface, 'mtu', String(config.mtu), 'up']);
  await letRelay();
  if (before.publicKey !== publicKey) await greet(config);
  return publicKey;
}

/**
 * Sets the whole tunnel and remembers it. A next pair that it names becomes the current one.
 * @throws CommandError of `ip` or `wg`; BlanketError `tunnel.unknown-key`
 */
export const setTunnel = (paths: TunnelPaths, config: TunnelConfig): Promise<void> =>
  serially('tunnel', async () => {
    const inUse = await apply(paths, config);
    await writeState(paths.tunnel, config);
    await settleKey(paths, inUse);
  });

/** After a reboot: sets up what control named last. */
export const restoreTunnel = (paths: TunnelPaths): Promise<void> =>
  serially('tunnel', async () => {
    const config = await kept(paths);
    if (config !== undefined) await settleKey(paths, await apply(paths, config));
  });

async function look(): Promise<Seen> {
  const link = await linkNamed(tunnelInterface);
  const relays = Object.keys(await differing(relaying)).length === 0;
  return { link, relays, reading: link === undefined ? undefined : await readTunnel(tunnelInterface) };
}

/** Counters as WireGuard has them now. `mtu` is the device's own, `null` when there is no tunnel. */
export const tunnelStatus = (paths: TunnelPaths): Promise<AgentResult<'tunnel.status'>> =>
  serially('tunnel', async () => {
    const { link, reading } = await look();
    const publicKey = reading?.publicKey ?? (await currentKey(paths)).publicKey;
    return { publicKey, mtu: link?.mtu ?? null, peers: peersStatus(reading, Date.now()) };
  });

async function differences(paths: TunnelPaths, config: TunnelConfig): Promise<string[]> {
  const { publicKey } = await pairNamed(paths, config.key);
  const seen = await look();
  return tunnelDifferences({ config: withCarriers(config, seen.reading), publicKey }, seen);
}

/** What is not as control named it last, one phrase each; nothing when this host is in no tunnel. */
export const tunnelDiffers = (paths: TunnelPaths): Promise<string[]> =>
  serially('tunnel', async () => {
    const config = await kept(paths);
    return config === undefined ? [] : differences(paths, config);
  });

/** Sets again what differs. @returns what differed. */
export const repairTunnel = (paths: TunnelPaths): Promise<string[]> =>
  serially('tunnel', async () => {
    const config = await kept(paths);
    const found = config === undefined ? [] : await differences(paths, config);
    if (config !== undefined && found.length > 0) await settleKey(paths, await apply(paths, config));
    return found;
  });

/** Lets hosts whose key is being replaced be reached by the key that they use now. */
const followKeys = (paths: TunnelPaths): Promise<void> =>
  serially('tunnel', async () => {
    const config = twins === false ? undefined : await kept(paths);
    if (config === undefined || !hasTwins(config)) return;
    const reading = await readTunnel(tunnelInterface);
    for (const peer of notCarrying(withCarriers(config, reading), reading)) {
      // What one peer is given no other has any more (wg(8), "set").
      const given = ['peer', peer.publicKey, 'allowed-ips', allowedIps(peer).join(',')];
      await exec('wg', ['set', tunnelInterface, ...given]);
    }
  });

/** For so long, about, packets of a host that has begun to use its next key are lost. */
const followEveryMs = 1000;
/** What keeps it from being looked at is repaired meanwhile, or stays. */
const followAgainMs = 30_000;

export async function keepFollowing(paths: TunnelPaths): Promise<never> {
  for (;;) {
    try {
      await followKeys(paths);
      await setTimeout(followEveryMs);
    } catch (error) {
      logError('tunnel.keys-not-followed', error);
      await setTimeout(followAgainMs);
    }
  }
}
