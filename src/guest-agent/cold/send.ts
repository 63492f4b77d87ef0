/** The source's end of a stream of disk files: it serves one caller who has the token, and ends by itself. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ColdFile } from '../../wire/methods/cold.ts';
import { logError } from '../log.ts';
import {
  blockBytes,
  broken,
  encodeHead,
  holeBytes,
  idleMs,
  mostDataBytes,
  type Request,
  requestSchema,
} from './frames.ts';

const mostRequestBytes = 16 * 1024;
const mostCallers = 4;
/** How long an offer waits for its caller. */
const offerMs = 60_000;

export type SendOptions = {
  address: string;
  files: readonly ColdFile[];
  pathOf(name: string): string;
  /** Bytes a second. */
  bandwidth?: number | undefined;
};

export type Offer = { port: number; token: string; close(): void };

/** Listens on `address` alone. @throws what listening throws, e.g. EADDRNOTAVAIL */
export async function openOffer(options: SendOptions): Promise<Offer> {
  const token = randomBytes(32).toString('hex');
  const callers = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    callers.add(socket);
    socket.on('close', () => callers.delete(socket));
    socket.on('error', () => undefined); // told where the socket is read or written
    socket.setTimeout(idleMs, () => socket.destroy(broken('Nothing moved.')));
    answer(socket).catch((error: unknown) => {
      logError('cold.send-failed', error);
      socket.destroy();
    });
  });
  let taken = false;
  const answer = async (socket: Socket): Promise<void> => {
    const request = await readRequest(socket);
    if (taken || !isSame(request.token, token)) throw broken('The caller has no right to it.');
    taken = true; // the token is good for one stream
    server.close();
    await sendAll(socket, request, options);
    socket.end();
  };
  server.maxConnections = mostCallers;
  server.listen(0, options.address);
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of callers) socket.destroy();
  };
  setTimeout(() => {
    if (!taken) close();
  }, offerMs).unref();
  const where = server.address();
  if (where === null || typeof where === 'string') throw new Error('a TCP server has an address and a port');
  return { port: where.port, token, close };
}

const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** The first line; nothing more is ever read. */
async function readRequest(socket: Socket): Promise<Request> {
  let text = '';
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    text += String(piece);
    if (text.length > mostRequestBytes) throw broken('The request is too long.');
    if (text.includes('\n')) return requestSchema.parse(JSON.parse(text));
  }
  throw broken('The caller asked for nothing.');
}

async function sendAll(socket: Socket, { from }: Request, options: SendOptions): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  const pace = pacer(options.bandwidth, gone.signal);
  for (const [index, { name, at }] of from.entries()) {
    const file = options.files.find((one) => one.name === name);
    if (file === undefined) throw broken(`${name} was not offered.`);
    const handle = await open(options.pathOf(name), 'r');
    try {
      await sendFile(socket, handle, { index, at, bytes: file.bytes }, pace);
    } finally {
      await handle.close();
    }
  }
}

type Part = { index: number; at: number; bytes: number };

async function sendFile(socket: Socket, handle: FileHandle, part: Part, pace: Pace): Promise<void> {
  const buffer = Buffer.alloc(mostDataBytes);
  let told = part.at;
  for (let at = part.at; at < part.bytes; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, part.bytes - at), at);
    if (bytesRead === 0) throw broken('The file is shorter than it was.');
    for (const { start, end } of filled(buffer.subarray(0, bytesRead))) {
      const data = Buffer.from(buffer.subarray(start, end)); // the buffer is read into again while this waits
      await write(socket, encodeHead({ file: part.index, length: data.length, at: at + start }));
      await write(socket, data);
      await pace(data.length);
      told = at + end;
    }
    at += bytesRead;
    if (at - told < holeBytes || at % blockBytes !== 0) continue;
    await write(socket, encodeHead({ file: part.index, length: 0, at }));
    told = at;
  }
  await write(socket, encodeHead({ file: part.index, length: 0, at: part.bytes }));
}

const zeroes = Buffer.alloc(blockBytes);

const isZero = (block: Buffer): boolean => block.equals(zeroes.subarray(0, block.length));

/** Where there is something: runs of blocks that are not all zero. */
export function filled(data: Buffer): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (let start = 0; start < data.length; start += blockBytes) {
    const end = Math.min(start + blockBytes, data.length);
    if (isZero(data.subarray(start, end))) continue;
    const last = runs.at(-1);
    if (last?.end === start) last.end = end;
    else runs.push({ start, end });
  }
  return runs;
}

async function write(socket: Socket, data: Buffer): Promise<void> {
  if (socket.destroyed) throw broken('The caller went away.');
  if (socket.write(data)) return;
  // `close` without `error` when the caller just goes away
  const enough = new AbortController();
  try {
    await Promise.race([
      once(socket, 'drain', enough),
      once(socket, 'close', enough).then(() => Promise.reject(broken('The caller went away.'))),
    ]);
  } finally {
    enough.abort();
  }
}

type Pace = (bytes: number) => Promise<void>;

/** Waits so that no more than `bandwidth` bytes go in a second on the whole. */
function pacer(bandwidth: number | undefined, gone: AbortSignal): Pace {
  if (bandwidth === undefined) return async () => undefined;
  const begun = performance.now();
  let sent = 0;
  return async (bytes) => {
    sent += bytes;
    const aheadMs = (sent * 1000) / bandwidth - (performance.now() - begun);
    if (aheadMs > 1) await sleep(aheadMs, undefined, { signal: gone });
  };
}
