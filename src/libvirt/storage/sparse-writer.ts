/** Writes to a stream and sends blocks that are all zeros as holes, which cost nothing on the way. */
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ByteStream } from '../stream.ts';

/** Bytes that are looked at together; no file system has smaller blocks. */
const block = 4096;
const zeros = Buffer.alloc(block);

const isZero = (bytes: Buffer): boolean => bytes.equals(zeros.subarray(0, bytes.length));

/** Where `isZero` changes from a block to the next, a new part begins. */
export function* parts(chunk: Buffer): Generator<{ isHole: boolean; bytes: Buffer }, void> {
  for (let at = 0; at < chunk.length; ) {
    const isHole = isZero(chunk.subarray(at, at + block));
    let end = at + block;
    while (end < chunk.length && isZero(chunk.subarray(end, end + block)) === isHole) end += block;
    yield { isHole, bytes: chunk.subarray(at, end) };
    at = end;
  }
}

type Callback = (error?: Error | null) => void;
const told = (action: (callback: Callback) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    action((error) => (error ? reject(error) : resolve()));
  });

/** Finishes when the daemon has confirmed the stream's end. */
export function sparseWriter(stream: ByteStream): Writable {
  let hole = 0; // not sent yet: it may go on in the next chunk
  const flush = async () => {
    const length = hole;
    hole = 0;
    if (length > 0) await told((callback) => stream.skip(length, callback));
  };
  const put = async (chunk: Buffer) => {
    for (const { isHole, bytes } of parts(chunk)) {
      if (isHole) hole += bytes.length;
      else {
        await flush();
        await told((callback) => stream.write(bytes, callback));
      }
    }
  };
  const over = finished(stream);
  const end = async () => {
    await flush();
    stream.end();
    await over;
  };
  const writable = new Writable({
    write: (chunk: Buffer, _encoding, callback) => void put(chunk).then(() => callback(), callback),
    final: (callback) => void end().then(() => callback(), callback),
    destroy: (error, callback) => {
      stream.destroy();
      callback(error);
    },
  });
  over.catch((error: Error) => writable.destroy(error));
  return writable;
}
