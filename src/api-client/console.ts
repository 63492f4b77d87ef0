/** A guest's serial console: a WebSocket on the way to control, binary frames both ways. */
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { consoleRoute } from '../wire/api.ts';
import { problemOf } from './client.ts';
import { type Connection, headersFor } from './connection.ts';
import { connectionError, dial } from './dial.ts';

/** Control may first have to reach the host by SSH. */
const openMs = 60_000;

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
 * @throws BlanketError control's problem when it refuses, or what `dial` throws.
 */
export async function openConsole(
  to: Connection,
  guest: string,
  onData: (bytes: Buffer) => void,
): Promise<Console> {
  const stream = await dial(to, AbortSignal.timeout(openMs));
  const { host, ...headers } = headersFor(to);
  const dialled = new WebSocket(`ws://${host}${consoleRoute(guest)}`, {
    createConnection: () => stream,
    headers,
    handshakeTimeout: openMs,
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
    dialled.on('error', (error) => reject(connectionError(to, error)));
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
