/**
 * A volume's content as a stream, on a connection of its own: neither a slow reader nor a slow disk can hold up other
 * calls. The connection ends when the daemon has forgotten the stream, or when the stream was destroyed: it is open
 * no longer than the stream, whatever happens.
 *
 * Back-pressure goes all the way to the daemon's socket: it reads no further from the disk while we do not read. When
 * we write, it reads the socket as fast as it can and queues for its disk (libvirt 9.0, src/util/virfdstream.c).
 */
import { addAbortSignal, finished, Readable, type Writable } from 'node:stream';
import type { CallOptions } from '../call.ts';
import type { Procedure } from '../procedure.ts';
import { volumeCalls } from '../procedures/storage.ts';
import type { Session } from '../session.ts';
import type { ByteStream } from '../stream.ts';
import type { VolumeHandle } from '../wire-structures.ts';

/** Bytes. Without `length` all that follows, and for an upload all that is written. */
export type Part = { offset?: number | undefined; length?: number | undefined };

type WirePart = { vol: VolumeHandle; offset: number; length: number; flags: number };

export async function upload(
  session: Session,
  vol: VolumeHandle,
  { offset = 0, length = 0 }: Part = {},
  options?: CallOptions,
): Promise<Writable> {
  const args = { vol, offset, length, flags: 0 };
  const stream = await ownStream(session, volumeCalls.storageVolUpload, args, options);
  return stream.resume(); // nothing comes but the end, without which the stream would not close
}

export async function download(
  session: Session,
  vol: VolumeHandle,
  { offset = 0, length }: Part = {},
  options?: CallOptions,
): Promise<Readable> {
  // For the daemon a length of 0 means all.
  if (length === 0) return Readable.from([], { objectMode: false });
  const args = { vol, offset, length: length ?? 0, flags: 0 };
  return reading(await ownStream(session, volumeCalls.storageVolDownload, args, options));
}

async function ownStream(
  session: Session,
  procedure: Procedure<WirePart, void>,
  args: WirePart,
  options: CallOptions = {},
): Promise<ByteStream> {
  const own = await session.again(options);
  try {
    const stream = await own.openStream(procedure, args, options);
    stream.onOver(() => own.close());
    stream.once('close', () => own.close());
    return options.signal === undefined ? stream : addAbortSignal(options.signal, stream);
  } catch (error) {
    await own.close();
    throw error;
  }
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
