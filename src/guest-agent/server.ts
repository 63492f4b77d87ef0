/**
 * HTTP on a Unix socket that only root and the group `blanket` may open; both paths are WebSockets.
 *
 *   /calls            the protocol of wire/agent.ts
 *   /console/<guest>  a serial console
 */
import { chmod, chown, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { callPath, consolePath } from '../wire/agent.ts';
import { nameSchema } from '../wire/names.ts';
import type { Handlers } from './handlers.ts';
import { serveConsole } from './sessions/console.ts';
import { serveSession } from './sessions/session.ts';

export type ServerOptions = {
  socketPath: string;
  /** Group that may connect; absent leaves the socket to its owner alone. */
  gid?: number | undefined;
  agent: string;
  handlers: Handlers;
  openConsole(guest: string): Promise<Duplex>;
};

/** Domain XML and migration cookies are the largest messages. */
const largestMessage = 16 * 1024 * 1024;

function guestOf(path: string): string | undefined {
  const prefix = consolePath('');
  const name = nameSchema.safeParse(path.startsWith(prefix) ? path.slice(prefix.length) : '');
  return name.success ? name.data : undefined;
}

function upgrade(sockets: WebSocketServer, options: ServerOptions) {
  return (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const path = request.url ?? '';
    const guest = guestOf(path);
    if (path !== callPath && guest === undefined) {
      stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      if (guest === undefined) serveSession(socket, options.handlers, options.agent);
      else void serveConsole(socket, guest, options.openConsole);
    });
  };
}

export async function serve(options: ServerOptions): Promise<Server> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessage });
  const server = createServer((_request, response) => {
    response.writeHead(426, { connection: 'close' }).end('This socket speaks WebSocket only.\n');
  });
  server.on('upgrade', upgrade(sockets, options));
  // Under its name only when the group may open it: whoever waits for the name tries it at once.
  const unnamed = `${options.socketPath}.new`;
  for (const path of [options.socketPath, unnamed]) await rm(path, { force: true }); // a crash leaves them behind
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(unnamed, resolve);
  });
  if (options.gid !== undefined) {
    await chown(unnamed, process.getuid?.() ?? 0, options.gid);
    await chmod(unnamed, 0o660);
  }
  await rename(unnamed, options.socketPath);
  return server;
}
