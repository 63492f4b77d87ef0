/**
 * A volume's content as a stream, on a connection of its own.
 *
 * Back-pressure goes all the way to the daemon's socket: it reads no further from the disk while we do not read. When
 * we write, it reads the socket as fast as it can and queues for its disk (libvirt 9.0, src/util/virfdstream.c).
 */
import { finished, Readable, type Writable } from 'node:stream';
import type { CallOptions } from '../call.ts';
import { openOwnStream } from '../own-stream.ts';
import type { Procedure } from '../procedure.ts';
import { volumeCalls } from '../procedures/storage.ts';
import type { Session } from '../session.ts';
import type { ByteStream } from '../stream.ts';
import type { VolumeHandle } from '../wire-structures.ts';
import { sparseWriter } from './sparse-writer.ts';

export type Part = {
  /** Bytes. */
  offset?: number | undefined;
  /** Bytes. Without it all that follows, and for an upload all that is written. */
  length?: number | undefined;
  /** Zeros are not sent. */
  sparse?: boolean | undefined;
};

/** VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM and VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM (libvirt 3.4). */
const sparseFlag = 1 << 0;

export async function upload(
  session: Session,
  vol: VolumeHandle,
  part: Part = {},
  options?: CallOptions,
): Promise<Writable> {
  const stream = await openPart(session, volumeCalls.storageVolUpload, vol, part, options);
  stream.resume(); // nothing comes but the end, without which the stream would not close
  return part.sparse === true ? sparseWriter(stream) : stream;
}

export async function download(
  session: Session,
  vol: VolumeHandle,
  part: Part = {},
  options?: CallOptions,
): Promise<Readable> {
  // For the daemon a length of 0 means all.
  if (part.length === 0) return Readable.from([], { objectMode: false });
  return reading(await openPart(session, volumeCalls.storageVolDownload, vol, part, options));
}

type WirePart = { vol: VolumeHandle; offset: number; length: number; flags: number };

function openPart(
  session: Session,
  procedure: Procedure<WirePart, void>,
  vol: VolumeHandle,
  { offset = 0, length = 0, sparse = false }: Part,
  options?: CallOptions,
): Promise<ByteStream> {
  const args = { vol, offset, length, flags: sparse ? sparseFlag : 0 };
  return openOwnStream(session, procedure, args, { ...options, holes: sparse });
}

/** Only what is read. It ends after the daemon has confirmed the end, not when the last byte has come. */
function reading(stream: ByteStream): Readable {
  const readable = new Readable({
    read: () => void stream.resume(),
    destroy: (error, callback) => {
      stream.destroy();
      callback(error);
    },
  });
  stream.on('data', (piece: Buffer) => {
    if (!readable.push(piece)) stream.pause();
  });
  finished(stream, (error) => {
    if (error) readable.destroy(error);
    else readable.push(null);
  });
  return readable;
}
