/** A socket before a daemon's own, which counts what passes, and can stop passing it or break off. */
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tag } from '../tag.ts';

export type SocketProxy = {
  socketPath: string;
  /** Bytes that went to clients so far. */
  toClients(): number;
  /** Connections that are open now. */
  connections(): number;
  /** Resolves when no more than `count` connections are open. */
  atMost(count: number): Promise<void>;
  /** Reads nothing from the newest connection's client until told to go on. */
  hold(): () => void;
  /** Breaks the newest connection off, as a daemon's death would. */
  cut(): void;
  stop(): Promise<void>;
};

type Pair = { client: Socket; daemon: Socket };

export async function proxySocket(daemonPath: string): Promise<SocketProxy> {
  const socketPath = join(tmpdir(), `proxy-${tag}-${Date.now()}.sock`);
  const pairs = new Set<Pair>();
  const waiting = new Set<() => void>();
  let passed = 0;
  const accept = (client: Socket) => {
    const pair = { client, daemon: createConnection({ path: daemonPath }) };
    pairs.add(pair);
    pair.daemon.on('data', (piece) => {
      passed += piece.length;
    });
    link(pair, () => {
      pairs.delete(pair);
      for (const check of waiting) check();
    });
  };
  const server = createServer(accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(socketPath, resolve);
  });
  const newest = (): Pair => {
    const pair = [...pairs].at(-1);
    if (pair === undefined) throw new Error('No connection is open.');
    return pair;
  };
  return {
    socketPath,
    toClients: () => passed,
    connections: () => pairs.size,
    atMost: (count) => reached(() => pairs.size <= count, waiting),
    hold: () => {
      const { client, daemon } = newest();
      client.unpipe(daemon);
      client.pause();
      return () => client.pipe(daemon);
    },
    cut: () => newest().client.destroy(),
    stop: async () => {
      for (const { client } of pairs) client.destroy();
      await closed(server);
      await rm(socketPath, { force: true });
    },
  };
}

function link({ client, daemon }: Pair, gone: () => void): void {
  client.pipe(daemon);
  daemon.pipe(client);
  const end = () => {
    client.destroy();
    daemon.destroy();
    gone();
  };
  for (const socket of [client, daemon]) socket.on('close', end).on('error', end);
}

function reached(condition: () => boolean, waiting: Set<() => void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => {
      clearTimeout(timer);
      waiting.delete(check);
      action();
    };
    const check = () => {
      if (condition()) settle(resolve);
    };
    const timer = setTimeout(() => settle(() => reject(new Error('Connections stayed open.'))), 20_000);
    waiting.add(check);
    check();
  });
}

const closed = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
