/** A server in the world, on this machine, that a guest calls: what the guest's calls brought, line by line. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** By which guests of a host with QEMU's user networking reach this machine's loopback. */
export const worldAddress = '10.0.2.2';

export type Callee = {
  port: number;
  /** How often it was called. */
  calls(): number;
  /** All whole lines so far. */
  lines(): string[];
  close(): Promise<void>;
};

export async function openCallee(): Promise<Callee> {
  const sockets: Socket[] = [];
  let text = '';
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    socket.on('error', () => undefined); // a call that breaks is seen by its missing lines
  });
  server.unref().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    calls: () => sockets.length,
    lines: () => text.split('\n').slice(0, -1),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
