/**
 * Both ends of one measured stream through the tunnel.
 *
 *   sender                              sink, on its tunnel address only
 *     | ======== bytes, for a time ========> |  counts from the first byte
 *     | ---------------- end --------------> |
 *     | <------- {bytes, ms} as JSON ------- |  what arrived, which is what counts
 *
 * A sink takes one stream and ends by itself, whether it was used or not.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { agentMethods } from '../../wire/agent-methods.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { FlowReading } from '../../wire/methods/conform.ts';
import type { Paths } from '../paths.ts';
import { readState } from '../state-file.ts';
import { type Listener, listenForOne } from '../tunnel/one-stream.ts';

const chunkBytes = 64 * 1024;
/** What lies in buffers on the way when the time is over must still arrive. */
const drainMs = 20_000;

const countedSchema = z.object({ bytes: z.int().nonnegative(), ms: z.number().nonnegative() });

/** This host's own address in the tunnel. @throws BlanketError `tunnel.none` */
export async function ownTunnelAddress(paths: Paths): Promise<string> {
  const tunnel = await readState(paths.tunnel, agentMethods['tunnel.configure'].params);
  if (tunnel !== undefined) return tunnel.address;
  throw new BlanketError('tunnel.none', 'This host is not in the tunnel yet.', { kind: 'blocked' });
}

function count(socket: Socket): void {
  let bytes = 0;
  let first: number | undefined;
  socket.on('data', (data: Buffer) => {
    first ??= performance.now();
    bytes += data.length;
  });
  socket.on('end', () => {
    const ms = first === undefined ? 0 : performance.now() - first;
    socket.end(JSON.stringify({ bytes, ms }));
  });
  socket.on('error', () => socket.destroy()); // the sender is told by its own end of it
}

/** Listens on `address` alone, for one stream. @throws what listening throws, e.g. EADDRNOTAVAIL. */
export const openSink = (address: string, lifeMs: number): Promise<Listener> =>
  listenForOne(address, lifeMs, count, { allowHalfOpen: true });

async function pour(socket: Socket, ms: number, signal: AbortSignal): Promise<void> {
  const chunk = Buffer.alloc(chunkBytes, 'blanket');
  const until = performance.now() + ms;
  while (performance.now() < until) {
    if (!socket.write(chunk)) await once(socket, 'drain', { signal });
  }
}

/** @throws BlanketError `conform.stream` when the stream broke or the sink did not tell what arrived. */
export async function sendTo(
  { address, port, ms }: { address: string; port: number; ms: number },
  signal: AbortSignal,
): Promise<FlowReading> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms + drainMs)]);
  const socket = connect({ host: address, port, allowHalfOpen: true });
  socket.on('error', () => undefined); // told where the stream is waited for; never to the whole agent
  const giveUp = () => void socket.destroy(new Error('the time for it was over'));
  limit.addEventListener('abort', giveUp, { once: true });
  try {
    await once(socket, 'connect');
    await pour(socket, ms, limit);
    socket.end();
    const counted = countedSchema.parse(JSON.parse(await text(socket)));
    return { ...counted, perSecond: counted.ms > 0 ? (counted.bytes * 1000) / counted.ms : 0 };
  } catch (cause) {
    const message = `The stream to ${address} port ${port} broke.`;
    throw new BlanketError('conform.stream', message, { data: { address, port }, cause });
  } finally {
    limit.removeEventListener('abort', giveUp);
    socket.destroy();
  }
}
