/** The destination's end of a stream of disk files: drafts beside where the disks will be, filled from their first byte on. */
import { once } from 'node:events';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { BlanketError } from '../../wire/errors.ts';
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
 * @throws BlanketError `cold.stream` when the stream broke, which may be tried again; `host.disk-full`, `cold.not-stored`
 */
export async function receive(options: ReceiveOptions): Promise<number> {
  const { offer, signal } = options;
  await storing(() => mkdir(options.folder, { recursive: true }));
  const drafts: Draft[] = [];
  try {
    for (const { name, bytes } of offer.files) {
      drafts.push(await storing(() => openDraft(options.draftOf(name), bytes)));
    }
    const sent = await fill(drafts, options);
    for (const { handle, bytes } of drafts)
      await storing(() => handle.truncate(bytes).then(() => handle.sync()));
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
    if (error instanceof BlanketError && error.code !== 'cold.stream') throw error;
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
    if (head.length > 0) await writeAll(draft.handle, await read(head.length), head.at);
    draft.at = head.at + head.length;
    draft.ended = head.length === 0 && draft.at === draft.bytes;
    sent += head.length;
    progress({ done: drafts.reduce((sum, { at }) => sum + at, 0), total, sent });
  }
  return sent;
}

/** A write may take less than it was given. */
const writeAll = (handle: FileHandle, data: Buffer, at: number): Promise<void> =>
  storing(async () => {
    for (let done = 0; done < data.length; ) {
      done += (await handle.write(data, done, data.length - done, at + done)).bytesWritten;
    }
  });

const fullCodes = ['ENOSPC', 'EDQUOT'];

/** To try again changes nothing here. @throws BlanketError `host.disk-full`, `cold.not-stored` */
async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (fullCodes.includes((cause as NodeJS.ErrnoException).code ?? '')) {
      throw new BlanketError('host.disk-full', 'This host has no room left for the disks that come.', {
        next: 'Remove guests or images from this host, or give it a larger disk.',
        cause,
      });
    }
    throw new BlanketError('cold.not-stored', 'This host could not write the disks that come.', {
      next: 'See what its kernel says of its disk (dmesg), or choose another host.',
      cause,
    });
  }
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
    (at % blockBytes === 0 || (length === 0 && at === draft.bytes));
  if (fits) return draft;
  throw broken(`The other side sent ${length} bytes for file ${file} at ${at}, which does not fit.`);
}
