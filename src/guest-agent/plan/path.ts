/**
 * Both ends of a short measurement of the way between two hosts, inside the tunnel. It ends by its time or its bytes,
 * whichever is first, and what still lies in buffers then is thrown away: a slow path is not waited for.
 *
 *   source                                  destination, on its tunnel address only
 *     | ---- one byte, and again --------------> |
 *     | <--- the same byte, and again ---------- |  each a round trip
 *     | ======== bytes ========================> |  notes what has arrived when
 *     | <------- {bytes, bytesPerSecond} ------- |  after so many bytes, or so long
 *     closes
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';
import type { PathReading } from '../../wire/methods/plan.ts';
import { type Listener, listenForOne } from '../tunnel/one-stream.ts';

const CHUNK_BYTES = 64 * 1024;
const ROUND_TRIPS = 4;
const LONGEST_HEAD = 256;
/** Beyond the sender's own time: what it asked for is on its way back. */
const ANSWER_MS = 3_000;

const wishSchema = z.object({ ms: z.int().positive(), bytes: z.int().positive() });
const countedSchema = z.object({
  bytes: z.int().nonnegative(),
  bytesPerSecond: z.number().nonnegative(),
  /** Absent: from an agent of before. */
  range: z.object({ low: z.number().nonnegative(), high: z.number().nonnegative() }).optional(),
});

/** Bytes that have arrived until then; ms. */
export type Arrival = { atMs: number; bytes: number };

/**
 * Bytes a second over the later half of what arrived: the first half has TCP's slow start and what the path lets
 * through at once. Over all but the first of it when that half came in one piece; 0 when all of it did.
 */
export function paceOf(arrivals: readonly Arrival[]): number {
  const last = arrivals.at(-1);
  if (last === undefined) return 0;
  const half = arrivals.find(({ bytes }) => bytes >= last.bytes / 2);
  const from = [half, arrivals[0]].find((arrival) => arrival !== undefined && arrival.atMs < last.atMs);
  return from === undefined ? 0 : ((last.bytes - from.bytes) * 1000) / (last.atMs - from.atMs);
}

const SPANS = 4;

/**
 * How steady that pace is: the slowest and the fastest of the spans but the first, each a quarter of the time, with the pace
 * itself among them. Spans are long beside what lies in buffers while a busy host does something else.
 */
export function paceRange(arrivals: readonly Arrival[]): { low: number; high: number } {
  const pace = paceOf(arrivals);
  const [first, last] = [arrivals[0], arrivals.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return { low: pace, high: pace };
  const spanMs = (last.atMs - first.atMs) / SPANS;
  const until = (span: number): number =>
    arrivals.findLast(({ atMs }) => atMs <= first.atMs + span * spanMs)?.bytes ?? 0;
  const paces = [pace];
  for (let span = 1; span < SPANS; span += 1) {
    const end = span === SPANS - 1 ? last.bytes : until(span + 1);
    paces.push(((end - until(span)) * 1000) / spanMs);
  }
  return { low: Math.min(...paces), high: Math.max(...paces) };
}

/** Echoes, then counts until what the sender asked for first has arrived, or its time is over. */
function answer(socket: Socket): void {
  const arrivals: Arrival[] = [];
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const tell = () => {
    clearTimeout(timer);
    socket.removeAllListeners('data');
    socket.resume();
    const told = { bytes, bytesPerSecond: paceOf(arrivals), range: paceRange(arrivals) };
    socket.write(`${JSON.stringify(told)}\n`);
  };
  const count = (wish: z.infer<typeof wishSchema>) => (data: Buffer) => {
    timer ??= setTimeout(tell, wish.ms);
    bytes += data.length;
    arrivals.push({ atMs: performance.now(), bytes });
    if (bytes >= wish.bytes) tell();
  };
  let head = '';
  const echo = (data: Buffer) => {
    head += data.toString('latin1');
    if (head.length > LONGEST_HEAD) return void socket.destroy();
    if (!head.endsWith('\n')) return void socket.write(data);
    socket.off('data', echo);
    const wish = readJson(wishSchema, head.slice(ROUND_TRIPS));
    if (wish === undefined) return void socket.destroy();
    socket.on('data', count(wish));
    socket.write('\n'); // only then does the stream begin, so that it is not taken for the wish
  };
  socket.setNoDelay(true);
  socket.on('data', echo);
  socket.on('close', () => clearTimeout(timer));
  socket.on('error', () => socket.destroy()); // the sender is told by its own end of it
}

function readJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // whoever sent it is told by the closed line
  }
}

/** Listens on `address` alone, for one stream. @throws what listening throws, e.g. EADDRNOTAVAIL. */
export const openPathSink = (address: string, lifeMs: number): Promise<Listener> =>
  listenForOne(address, lifeMs, answer);

async function roundTrip(socket: Socket): Promise<number> {
  const from = performance.now();
  socket.write('.');
  await once(socket, 'data');
  return performance.now() - from;
}

/** Sends until told what arrived. */
function pour(socket: Socket): Promise<z.infer<typeof countedSchema>> {
  const chunk = Buffer.alloc(CHUNK_BYTES, 'blanket');
  let told = '';
  const fill = () => {
    while (told === '' && socket.write(chunk));
  };
  return new Promise((resolve, reject) => {
    socket.on('data', (data: Buffer) => {
      told += data.toString('latin1');
      if (!told.endsWith('\n')) return;
      const counted = readJson(countedSchema, told);
      if (counted === undefined) reject(new Error('it answered with rubbish'));
      else resolve(counted);
    });
    socket.on('drain', fill);
    fill();
  });
}

async function exchange(socket: Socket, wish: z.infer<typeof wishSchema>): Promise<PathReading> {
  await once(socket, 'connect');
  const trips: number[] = [];
  while (trips.length < ROUND_TRIPS) trips.push(await roundTrip(socket));
  socket.write(`${JSON.stringify(wish)}\n`);
  await once(socket, 'data');
  return { ...(await pour(socket)), rttMs: Math.min(...trips) };
}

type Wish = { address: string; port: number; ms: number; bytes: number };

/** @throws BlanketError `plan.path` when the stream broke or the other side did not tell what arrived. */
export async function measureWay(wish: Wish, signal: AbortSignal): Promise<PathReading> {
  const { address, port, ms, bytes } = wish;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms + ANSWER_MS)]);
  const socket = connect({ host: address, port, noDelay: true });
  socket.on('error', () => undefined); // told where the stream is waited for; never to the whole agent
  // It may end at any moment, and by no error: the other side closes when its life is over.
  const broken = new Promise<never>((_, reject) => {
    socket.once('close', () => reject(socket.errored ?? new Error('it closed the line')));
  });
  const giveUp = () => void socket.destroy(new Error('the time for it was over'));
  limit.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([exchange(socket, { ms, bytes }), broken]);
  } catch (cause) {
    const message = `The way to ${address} could not be measured.`;
    throw new BlanketError('plan.path', message, { data: { address, port }, cause });
  } finally {
    limit.removeEventListener('abort', giveUp);
    socket.resetAndDestroy(); // what still lies in buffers is not sent after it
  }
}
