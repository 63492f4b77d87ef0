/**
 * The web console for control's own user: a port on 127.0.0.1, opened when somebody asks for it, under a name that nobody can
 * guess. Browsers take every name under `.localhost` to the machine itself, and keep the cookies of one apart from all others:
 * of other ports of 127.0.0.1, which other users of the machine may have, they would not.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gate } from '../../access/gate.ts';

export type Loopback = {
  /** Opens the port when it is not open. @returns `HOST:PORT` */
  open(): Promise<string>;
  close(): void;
};

/** @param serveSockets adds control's WebSockets to a server */
export function loopback(gate: Gate, handle: RequestListener, serveSockets: (http: Server) => void): Loopback {
  let opening: Promise<{ server: Server; own: string }> | undefined;
  const listen = async () => {
    const server = createServer({
      ...{ headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16_384 },
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    });
    server.maxConnections = 128;
    server.on('request', handle);
    serveSockets(server);
    server.listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const own = `b${randomBytes(10).toString('hex')}.localhost:${(server.address() as AddressInfo).port}`;
    gate.watchLoopback(server, own);
    return { server, own };
  };
  return {
    async open() {
      opening ??= listen();
      return (await opening).own;
    },
    close() {
      void opening?.then(({ server }) => {
        server.closeAllConnections();
        server.close();
      });
    },
  };
}
