/** A TCP way between two hypervisors on this machine that passes so many bytes a second, and can break as a network does. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type SlowWay = {
  /** What the source dials instead. */
  uri: string;
  /** Passed on so far, from source to destination. */
  bytes(): number;
  /** Resets every connection, and takes none from now on. */
  break(): void;
  close(): Promise<void>;
};

const pieceMs = 20;

/** @param uri the destination's, `tcp://ADDRESS:PORT`. @param bytesPerSecond from source to destination; the way back is free. */
export async function openSlowWay(uri: string, bytesPerSecond: number): Promise<SlowWay> {
  const { hostname, port } = new URL(uri);
  const open = new Set<Socket>();
  let passed = 0;
  const count = (bytes: number) => {
    passed += bytes;
  };
  const server: Server = createServer((source) => {
    const destination = connect(Number(port), hostname);
    for (const [one, other] of [
      [source, destination],
      [destination, source],
    ] as const) {
      open.add(one);
      one.on('error', () => other.resetAndDestroy()).on('close', () => open.delete(one));
    }
    destination.pipe(source);
    void carry(source, destination, (bytesPerSecond * pieceMs) / 1000, count).catch(() =>
      source.resetAndDestroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const breakOff = () => {
    server.close();
    for (const socket of open) socket.resetAndDestroy();
  };
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    uri: `tcp://127.0.0.1:${address.port}`,
    bytes: () => passed,
    break: breakOff,
    async close() {
      const closed = server.listening ? once(server, 'close') : Promise.resolve();
      breakOff();
      await closed;
    },
  };
}

/** Pieces by the clock; what has not been taken waits in the source. */
async function carry(
  source: Socket,
  destination: Socket,
  pieceBytes: number,
  count: (bytes: number) => void,
): Promise<void> {
  for await (const chunk of source) {
    const bytes = chunk as Buffer;
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      destination.write(piece);
      count(piece.length);
      await sleep(pieceMs);
    }
  }
  destination.end();
}
