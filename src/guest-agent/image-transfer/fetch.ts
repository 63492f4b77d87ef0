/** The taker's end: what has come stays in a file of its own until it is whole, so a broken line costs what was in it. */
import { open, rm, stat } from 'node:fs/promises';
import { get, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentParsed, AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import { freeBytes } from '../disks.ts';
import type { Call } from '../handlers.ts';
import { hasImage, takeIn } from '../images.ts';
import { log } from '../log.ts';
import type { Paths } from '../paths.ts';
import { serially } from '../serially.ts';

type Wish = AgentParsed<'image.fetch'>;

/** `silenceMs`: of a line on which nothing comes, it is broken. `tries`: in a row that bring nothing. */
export type Patience = { silenceMs: number; pauseMs: number; tries: number };
const usual: Patience = { silenceMs: 20_000, pauseMs: 1_000, tries: 4 };

/** What the host must keep for what else it does. */
const reserveBytes = 64 * 1024 * 1024;
const progressEveryMs = 500;
/** "Range Not Satisfiable" (RFC 9110, 15.5.17). */
const nothingBehind = 416;

const sizeOf = async (path: string): Promise<number> =>
  (
    await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    })
  )?.size ?? 0;

function ask({ address, port, token }: Wish['from'], start: number, signal: AbortSignal, silenceMs: number) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, range: `bytes=${start}-` };
    const asked = get({ host: address, port, headers, signal, agent: false }, resolve);
    asked.setTimeout(silenceMs, () => asked.destroy(new Error(`nothing came for ${silenceMs} ms`)));
    asked.on('error', reject);
  });
}

/** Bytes of the whole image. @throws Error when the answer is not what was asked for. */
function totalOf({ statusCode, headers }: IncomingMessage, start: number): number {
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  if (statusCode === 206 && Number(first) === start && total !== undefined) return Number(total);
  throw new Error(`the other host answered ${statusCode}`);
}

async function requireRoom(paths: Paths, needed: number): Promise<void> {
  const free = await freeBytes(paths);
  if (free >= needed + reserveBytes) return;
  throw new BlanketError(
    'host.disk-full',
    `This host has ${free} bytes of disk left; the image needs ${needed}.`,
    {
      next: 'Remove guests or images from this host, or give it a larger disk.',
      data: { free, needed },
    },
  );
}

function teller(call: Call, totalBytes: number): (doneBytes: number) => void {
  let told = 0;
  return (doneBytes) => {
    if (performance.now() - told < progressEveryMs && doneBytes < totalBytes) return;
    told = performance.now();
    call.progress({ doneBytes, totalBytes });
  };
}

/**
 * Appends to the file what comes, up to the end of the image. Piece by piece, so that nothing is still being written when
 * the line breaks: the next line begins at the file's end. @throws Error when it breaks before.
 */
async function takeLine(
  paths: Paths,
  part: string,
  { from }: Wish,
  call: Call,
  { silenceMs }: Patience,
): Promise<void> {
  const start = await sizeOf(part);
  const response = await ask(from, start, call.signal, silenceMs);
  try {
    if (response.statusCode === nothingBehind) return; // a crash came between the last byte and the check
    const totalBytes = totalOf(response, start);
    await requireRoom(paths, totalBytes - start);
    await using file = await open(part, 'a');
    const tell = teller(call, totalBytes);
    let doneBytes = start;
    for await (const piece of response as AsyncIterable<Buffer>) {
      await file.appendFile(piece);
      doneBytes += piece.length;
      tell(doneBytes);
    }
  } finally {
    response.destroy();
  }
}

function isFinal(error: unknown, signal: AbortSignal): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return signal.aborted || error instanceof BlanketError || code === 'ENOSPC';
}

async function failed(
  part: string,
  { digest, from }: Wish,
  error: unknown,
  signal: AbortSignal,
): Promise<Error> {
  if (signal.aborted) {
    return new BlanketError('image.fetch-cancelled', `Fetching image ${digest} was cancelled.`, {
      kind: 'cancelled',
    });
  }
  if (error instanceof BlanketError) return error;
  const options = { data: { digest, address: from.address }, cause: error };
  if (isFinal(error, signal)) {
    await rm(part, { force: true }); // what fills the disk helps nobody
    return new BlanketError('host.disk-full', `This host's disk is full: fetching an image failed.`, options);
  }
  return new BlanketError(
    'image.fetch-failed',
    `Image ${digest} could not be fetched from ${from.address}.`,
    options,
  );
}

/** Line after line, until the image is whole or none brings anything any more. */
async function takeWhole(
  paths: Paths,
  part: string,
  wish: Wish,
  call: Call,
  patience: Patience,
): Promise<void> {
  for (let empty = 0; ; ) {
    const before = await sizeOf(part);
    try {
      return await takeLine(paths, part, wish, call, patience);
    } catch (error) {
      empty = (await sizeOf(part)) > before ? 0 : empty + 1;
      if (isFinal(error, call.signal) || empty >= patience.tries) {
        throw await failed(part, wish, error, call.signal);
      }
      await sleep(patience.pauseMs);
    }
  }
}

/** Not waited for: an offer that does not hear it ends by itself. */
function thank({ address, port, token }: Wish['from'], { silenceMs }: Patience): void {
  const headers = { authorization: `Bearer ${token}` };
  const word = request({ method: 'DELETE', host: address, port, headers, agent: false, timeout: silenceMs });
  word.on('error', (error) => log('image.offer-not-ended', { address, reason: error.message }));
  word.on('timeout', () => word.destroy());
  word.on('response', (response) => response.resume());
  word.end();
}

/** Nothing happens when it is here already. @throws BlanketError, see `image.fetch` in the contract. */
export const fetchImage = (
  paths: Paths,
  wish: Wish,
  call: Call,
  patience = usual,
): Promise<AgentResult<'image.fetch'>> =>
  serially(`image ${wish.digest}`, async () => {
    if (await hasImage(paths, wish.digest)) return { fetched: 0 };
    const part = `${paths.image(wish.digest)}.part`;
    const before = await sizeOf(part);
    await takeWhole(paths, part, wish, call, patience);
    const fetched = (await sizeOf(part)) - before;
    await takeIn(paths, wish.digest, part);
    thank(wish.from, patience);
    return { fetched };
  });
