/** A listener in the tunnel that takes one stream, and ends by itself whether it was used or not. */
import { once } from 'node:events';
import { createServer, type ServerOpts, type Socket } from 'node:net';

export type Listener = { address: string; port: number };

/**
 * Listens on `address` alone; the port is any that is free.
 * @param lifeMs after which the listener and its stream are closed
 * @throws what listening throws, e.g. EADDRNOTAVAIL
 */
export async function listenForOne(
  address: string,
  lifeMs: number,
  serve: (socket: Socket) => void,
  options: ServerOpts = {},
): Promise<Listener> {
  const streams = new Set<Socket>();
  const server = createServer(options, (socket) => {
    server.close();
    streams.add(socket);
    serve(socket);
  });
  server.maxConnections = 1;
  server.listen(0, address);
  await once(server, 'listening');
  setTimeout(() => {
    server.close();
    for (const socket of streams) socket.destroy();
  }, lifeMs).unref();
  const where = server.address();
  if (where === null || typeof where === 'string') throw new Error('a TCP server has an address and a port');
  return { address, port: where.port };
}
