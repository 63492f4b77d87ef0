/**
 * The WireGuard tunnel between hosts: everything between two blankets goes through it, so it is encrypted and each end
 * knows the other by its key. Control names the whole set of peers each time; what it names is kept and set up
 * again after a reboot.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { run } from '../process/run.ts';
import type { AgentParsed } from '../wire/agent.ts';
import { agentMethods } from '../wire/agent-methods.ts';
import { exec } from './host-access.ts';
import { ensureLink, setAddress } from './links.ts';
import { tunnelMtu } from './mtu.ts';
import type { Paths } from './paths.ts';
import { serially } from './serially.ts';
import { readState, writeState, writeWhole } from './state-file.ts';

export const tunnelInterface = 'blanket0';
/** Seconds; keeps a mapping open in a NAT or a cloud's stateful firewall. */
const keepaliveSeconds = 25;

export type TunnelConfig = AgentParsed<'tunnel.configure'>;

const keySchema = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be a WireGuard key');
/** A line of its own in the file, so nothing that could end it. */
const endpointSchema = z.string().regex(/^[0-9A-Za-z.:[\]-]+:\d{1,5}$/, 'must be address:port');

/** The file `wg syncconf` reads (wg(8), "Configuration file format"). */
export function tunnelFile(config: TunnelConfig, privateKey: string): string {
  const peers = config.peers.map(({ publicKey, endpoint, address }) =>
    [
      '[Peer]',
      `PublicKey = ${keySchema.parse(publicKey)}`,
      `Endpoint = ${endpointSchema.parse(endpoint)}`,
      `AllowedIPs = ${address}/32`,
      `PersistentKeepalive = ${keepaliveSeconds}`,
    ].join('\n'),
  );
  return `${['[Interface]', `PrivateKey = ${privateKey}`, `ListenPort = ${config.port}`, ...peers].join('\n')}\n`;
}

async function privateKey(paths: Paths): Promise<string> {
  const kept = await readFile(paths.tunnelKey, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return kept.trim();
  const made = (await exec('wg', ['genkey'])).trim();
  await mkdir(paths.state, { recursive: true });
  await writeWhole(paths.tunnelKey, `${made}\n`, 0o600);
  return made;
}

export const tunnelIdentity = (paths: Paths): Promise<{ publicKey: string }> =>
  serially('tunnel', async () => {
    const { stdout } = await run('wg', ['pubkey'], { input: `${await privateKey(paths)}\n` });
    return { publicKey: stdout.trim() };
  });

async function apply(paths: Paths, config: TunnelConfig): Promise<void> {
  await ensureLink(tunnelInterface, ['type', 'wireguard']);
  // A file, since our pipes are sockets, and a socket cannot be opened by the name /dev/stdin.
  await writeWhole(paths.tunnelFile, tunnelFile(config, await privateKey(paths)), 0o600);
  await exec('wg', ['syncconf', tunnelInterface, paths.tunnelFile]);
  await setAddress(tunnelInterface, `${config.address}/${config.prefix}`);
  await exec('ip', ['link', 'set', tunnelInterface, 'mtu', String(tunnelMtu), 'up']);
}

/** Sets the whole tunnel and remembers it. @throws CommandError of `ip` or `wg`. */
export const configureTunnel = (paths: Paths, config: TunnelConfig): Promise<void> =>
  serially('tunnel', async () => {
    await apply(paths, config);
    await writeState(paths.tunnel, config);
  });

/** After a reboot: sets up what control named last. */
export const restoreTunnel = (paths: Paths): Promise<void> =>
  serially('tunnel', async () => {
    const config = await readState(paths.tunnel, agentMethods['tunnel.configure'].params);
    if (config !== undefined) await apply(paths, config);
  });
