/** A guest's serial console on a WebSocket of its own: bytes both ways, and either end's close closes the other. */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { toProblem } from '../../wire/errors.ts';
import { logError } from '../log.ts';

/** The reason travels in the close frame, which holds 123 bytes (RFC 6455, 5.5). */
const reasonBytes = 123;

const bytesOf = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);

const clip = (text: string) =>
  Buffer.from(text)
    .subarray(0, reasonBytes)
    .toString('utf8')
    .replace(/\uFFFD$/, '');

export async function serveConsole(
  socket: WebSocket,
  guest: string,
  open: (guest: string) => Promise<Duplex>,
): Promise<void> {
  let console: Duplex;
  socket.pause(); // what is typed before the console is open waits
  socket.on('error', (error) => logError('console.error', error, { guest }));
  try {
    console = await open(guest);
  } catch (error) {
    const { code, message } = toProblem(error);
    socket.resume(); // to hear the other end's close
    socket.close(1011, clip(`${code}: ${message}`));
    return;
  }
  if (socket.readyState !== socket.OPEN) {
    console.destroy();
    return;
  }
  joinStreams(socket, console);
  socket.resume();
}

function joinStreams(socket: WebSocket, console: Duplex): void {
  console.on('data', (bytes: Buffer) => {
    console.pause(); // one piece at a time: a slow viewer slows the stream and fills no memory
    socket.send(bytes, { binary: true }, () => console.resume());
  });
  console.on('end', () => socket.close(1000, 'the console ended'));
  console.on('error', (error) => socket.close(1011, clip(error.message)));
  socket.on('message', (data: RawData) => {
    if (console.write(bytesOf(data))) return;
    socket.pause();
    console.once('drain', () => socket.resume());
  });
  socket.on('close', () => console.destroy());
}
