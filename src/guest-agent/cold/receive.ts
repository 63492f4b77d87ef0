/** The destination's end of a stream of disk files: drafts beside where the disks will be, filled from their first byte on. */
import { once } from 'node:events';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import type { ColdOffer, ColdProgress } from '../../wire/methods/cold.ts';
import {
  blockBytes,
  broken,
  decodeHead,
  exactly,
  type Head,
  headBytes,
  idleMs,
  mostDataBytes,
} from './frames.ts';

export type ReceiveOptions = {
  offer: ColdOffer;
  folder: string;
  draftOf(name: string): string;
  signal: AbortSignal;
  progress(progress: ColdProgress): void;
};

/** `at`: all before it is right or zero. */
type Draft = { handle: FileHandle; at: number; bytes: number; ended: boolean };

/**
 * A draft's length is how far an earlier try had come: it grows only as data arrives, in order. What a crash of the host
 * may have lost of it is found by the digest.
 * @returns bytes that came over
 * @throws BlanketError `cold.stream` when the stream broke, which may be tried again
 */
export async function receive(options: ReceiveOptions): Promise<number> {
  const { offer, signal } = options;
  await mkdir(options.folder, { recursive: true });
  const drafts: Draft[] = [];
  try {
    for (const file of offer.files) drafts.push(await openDraft(options.draftOf(file.name), file.bytes));
    const sent = await fill(drafts, options);
    for (const { handle, bytes } of drafts) {
      await handle.truncate(bytes);
      await handle.sync();
    }
    return sent;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    for (const { handle } of drafts) await handle.close();
  }
}

async function openDraft(path: string, bytes: number): Promise<Draft> {
  const handle = await open(path, 'a').then(async (made) => {
    await made.close();
    return open(path, 'r+');
  });
  const { size } = await handle.stat();
  const at = size > bytes ? 0 : size - (size % blockBytes);
  await handle.truncate(at);
  return { handle, at, bytes, ended: false };
}

async function fill(drafts: readonly Draft[], { offer, signal, progress }: ReceiveOptions): Promise<number> {
  const socket = connect({ host: offer.address, port: offer.port });
  const giveUp = () => void socket.destroy();
  socket.on('error', () => undefined); // told where it is read
  socket.setTimeout(idleMs, () => socket.destroy(broken('Nothing came any more.')));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    signal.throwIfAborted();
    await once(socket, 'connect');
    const from = drafts.map(({ at }, i) => ({ name: offer.files[i]?.name, at }));
    socket.write(`${JSON.stringify({ token: offer.token, from })}\n`);
    return await takeAll(socket, drafts, progress);
  } catch (error) {
    throw broken(`The stream from ${offer.address} port ${offer.port} broke.`, error);
  } finally {
    signal.removeEventListener('abort', giveUp);
    socket.destroy();
  }
}

async function takeAll(socket: Socket, drafts: readonly Draft[], progress: ReceiveOptions['progress']) {
  const read = exactly(socket);
  const total = drafts.reduce((sum, { bytes }) => sum + bytes, 0);
  let sent = 0;
  while (drafts.some(({ ended }) => !ended)) {
    const head = decodeHead(await read(headBytes));
    const draft = fitting(drafts, head);
    if (head.length === 0) draft.ended = true;
    else await draft.handle.write(await read(head.length), 0, head.length, head.at);
    draft.at = head.at + head.length;
    sent += head.length;
    progress({ done: drafts.reduce((sum, { at }) => sum + at, 0), total, sent });
  }
  return sent;
}

/** @throws that the other side does not keep to the protocol: nothing is written on its word alone */
function fitting(drafts: readonly Draft[], { file, length, at }: Head): Draft {
  const draft = drafts[file];
  const fits =
    draft !== undefined &&
    !draft.ended &&
    length <= mostDataBytes &&
    at >= draft.at &&
    at + length <= draft.bytes &&
    (length === 0 ? at === draft.bytes : at % blockBytes === 0);
  if (fits) return draft;
  throw broken(`The other side sent ${length} bytes for file ${file} at ${at}, which does not fit.`);
}
