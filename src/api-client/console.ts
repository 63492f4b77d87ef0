/** A guest's serial console: a WebSocket on control's Unix socket, binary frames both ways. */
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { consoleRoute } from '../wire/api.ts';
import { problemOf } from './client.ts';
import { socketError } from './exchange.ts';

export type ConsoleEnd = { code: number; reason: string };

export type Console = {
  /** Resolves when the bytes have left this process, so a fast writer waits for a slow guest. */
  send(bytes: Uint8Array): Promise<void>;
  close(): void;
  /** Never rejects: a broken connection ends with code 1006. */
  readonly ended: Promise<ConsoleEnd>;
};

/**
 * @param onData called with each piece that the guest writes.
 * @throws BlanketError control's problem when it refuses, or what `socketError` makes of a broken socket.
 */
export function openConsole(
  socket: string,
  guest: string,
  onData: (bytes: Buffer) => void,
): Promise<Console> {
  // ws's own `ws+unix:` cannot name a socket whose path holds a colon.
  const dialled = new WebSocket(`ws://control${consoleRoute(guest)}`, {
    createConnection: () => connect(socket),
    handshakeTimeout: 60_000, // control may first have to reach the host by SSH
    perMessageDeflate: false,
  });
  dialled.binaryType = 'nodebuffer';
  const ended = new Promise<ConsoleEnd>((resolve) => {
    dialled.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  dialled.on('message', (data) => onData(data as Buffer));
  return new Promise((resolve, reject) => {
    dialled.on('unexpected-response', (_, response: IncomingMessage) => {
      text(response)
        .then((body) => problemOf({ status: response.statusCode ?? 0, text: body }))
        .then(reject, reject);
    });
    dialled.on('error', (error) => reject(socketError(socket, error)));
    dialled.on('open', () => resolve(consoleOf(dialled, ended)));
  });
}

const consoleOf = (dialled: WebSocket, ended: Promise<ConsoleEnd>): Console => ({
  ended,
  send: (bytes) =>
    new Promise((resolve, reject) => {
      dialled.send(bytes, { binary: true }, (error) => (error ? reject(error) : resolve()));
    }),
  close: () => dialled.close(1000),
});
