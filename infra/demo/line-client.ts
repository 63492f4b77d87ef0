/** A TCP connection on which each request is a line, and so is each answer, in the same order. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type Address = { host: string; port: number };

export type LineClient = {
  /**
   * Sends a line and gives the answering one.
   * @throws Error when the connection ended, or when no answer came within `limitMs`.
   */
  ask(line: string, limitMs: number): Promise<string>;
  close(): void;
};

type Waiting = { resolve: (line: string) => void; reject: (error: Error) => void };

/** @throws Error when nothing listens at the address. */
export async function connectLines(address: Address, signal: AbortSignal): Promise<LineClient> {
  const socket = connect({ ...address, noDelay: true });
  socket.setEncoding('utf8');
  try {
    await once(socket, 'connect', { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return speakLines(socket);
}

function speakLines(socket: Socket): LineClient {
  const waiting: Waiting[] = [];
  let rest = '';
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) waiting.shift()?.resolve(line);
  });
  socket.on('error', (cause) => end(new Error('The connection to the guest broke.', { cause })));
  socket.on('close', () => end(new Error('The connection to the guest was closed.')));
  return {
    ask(line, limitMs) {
      if (ended !== undefined) return Promise.reject(ended);
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      waiting.push({ resolve, reject });
      // Answers are matched by order, so after a late one nothing on this connection could be trusted.
      const timer = setTimeout(() => {
        end(new Error(`The guest did not answer within ${limitMs} ms.`));
        socket.destroy();
      }, limitMs);
      socket.write(`${line}\n`);
      return promise.finally(() => clearTimeout(timer));
    },
    close() {
      socket.destroy();
    },
  };
}
