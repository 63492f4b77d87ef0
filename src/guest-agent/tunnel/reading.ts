/**
 * What the kernel says of the tunnel: `wg show blanket0 dump` (wg(8), "show"). Tabs between columns; the first line is the
 * device's, with its private key, which is dropped here and must reach no log and no error.
 */
import { z } from 'zod';
import { CommandError } from '../../process/run.ts';
import type { AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { exec } from '../host-access.ts';
import { keySchema } from './keys.ts';

const count = z.coerce.number<string>().pipe(z.int().nonnegative());
const orNone = z.string().transform((word) => (word === '(none)' ? null : word));
const orOff = z.union([z.literal('off').transform(() => 0), count]);

/** Private key, public key, port, mark of its packets. */
const deviceLine = z
  .tuple([z.string(), z.union([z.literal('(none)').transform(() => null), keySchema]), count, z.string()])
  .transform(([, publicKey, port]) => ({ publicKey, port }));

/** Public key, preshared key, endpoint, allowed addresses, seconds since 1970 of the last handshake, bytes in, bytes out, keepalive. */
const peerLine = z
  .tuple([keySchema, z.string(), orNone, orNone, count, count, count, orOff])
  .transform(([publicKey, , endpoint, allowed, handshakeAt, receivedBytes, sentBytes, keepaliveSeconds]) => ({
    ...{ publicKey, endpoint, receivedBytes, sentBytes, keepaliveSeconds },
    allowedIps: (allowed ?? '').split(',').filter(Boolean).sort(),
    /** `null`: there was none yet. */
    handshakeAt: handshakeAt === 0 ? null : handshakeAt,
  }));

export type TunnelReading = z.output<typeof deviceLine> & { peers: z.output<typeof peerLine>[] };

/** @throws BlanketError `tunnel.unreadable`, which tells nothing of what was read. */
export function parseDump(text: string): TunnelReading {
  const [device = '', ...peers] = text.trim().split('\n');
  const read = z.object({ device: deviceLine, peers: z.array(peerLine) }).safeParse({
    device: device.split('\t'),
    peers: peers.map((line) => line.split('\t')),
  });
  if (read.success) return { ...read.data.device, peers: read.data.peers };
  const where = read.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new BlanketError('tunnel.unreadable', `What \`wg\` says of the tunnel is not understood: ${where}.`);
}

/** @throws BlanketError `tunnel.unreadable`, also when there is no such device. */
export async function readTunnel(device: string): Promise<TunnelReading> {
  try {
    return parseDump(await exec('wg', ['show', device, 'dump']));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // Not chained: a command's error carries what it printed.
    throw new BlanketError('tunnel.unreadable', `\`wg\` cannot read the tunnel: ${error.stderr.trim()}.`);
  }
}

type Status = AgentResult<'tunnel.status'>;

export const peersStatus = (reading: TunnelReading | undefined, nowMs: number): Status['peers'] =>
  (reading?.peers ?? []).map(({ publicKey, endpoint, handshakeAt, receivedBytes, sentBytes }) => ({
    ...{ publicKey, endpoint, receivedBytes, sentBytes },
    // Whole seconds of a clock that may be set back meanwhile.
    handshakeSecondsAgo: handshakeAt === null ? null : Math.max(0, Math.floor(nowMs / 1000) - handshakeAt),
  }));
