/** The file `wg syncconf` reads (wg(8), "Configuration file format"). */
import { z } from 'zod';
import type { AgentParsed } from '../../wire/agent.ts';
import { keySchema } from './keys.ts';

export type TunnelConfig = AgentParsed<'tunnel.configure'>;
type Peer = TunnelConfig['peers'][number];

/** Keeps a mapping open in a NAT or a cloud's stateful firewall. */
const keepaliveSeconds = 25;

/** A line of its own in the file, so nothing that could end it. */
const endpointSchema = z.string().regex(/^[0-9A-Za-z.:[\]-]+:\d{1,5}$/, 'must be address:port');

/**
 * Seconds; 0 is off. None towards a peer behind a NAT: each packet, whichever side sends it, puts off both sides' next
 * keepalive (Linux, drivers/net/wireguard/timers.c), and many NATs keep a mapping open for packets from inside alone.
 */
export const keepaliveOf = ({ endpoint }: Pick<Peer, 'endpoint'>): number =>
  endpoint === null ? 0 : keepaliveSeconds;

/** As `wg` prints them, in an order of their own. */
export const allowedIps = ({ carries }: Pick<Peer, 'carries'>): string[] =>
  carries.map((address) => `${address}/32`).sort();

function peerLines(peer: Peer): string[] {
  const { publicKey, endpoint } = peer;
  return [
    '[Peer]',
    `PublicKey = ${keySchema.parse(publicKey)}`,
    // Without the line a peer keeps the endpoint that it was last heard from.
    ...(endpoint === null ? [] : [`Endpoint = ${endpointSchema.parse(endpoint)}`]),
    // Without the line it carries nothing; an empty value is refused.
    ...(peer.carries.length === 0 ? [] : [`AllowedIPs = ${allowedIps(peer).join(', ')}`]),
    `PersistentKeepalive = ${keepaliveOf(peer) || 'off'}`,
  ];
}

export function tunnelFile({ port, peers }: TunnelConfig, privateKey: string): string {
  const own = ['[Interface]', `PrivateKey = ${privateKey}`, `ListenPort = ${port}`];
  return `${[...own, ...peers.flatMap(peerLines)].join('\n')}\n`;
}
