/**
 * One stream of disk files through the tunnel.
 *
 *   destination                                   source, on its tunnel address only
 *     | -- {"token":…, "from":[{name, at}…]}\n --> |  each file from a byte on
 *     | <== head, data; head, data; … ============ |  what is zero is left out
 *     | <-- head with length 0 for each file ----- |  the file has been told of to its end
 *
 * A head is 16 bytes, big endian: 4 the file's place in the request, 4 the length of the data, 8 where the data belongs. One
 * without data before the file's end says that all up to there is zero, so that a long hole is not taken for a dead stream.
 */
import { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';
import { coldFileSchema, coldOfferSchema } from '../../wire/methods/cold.ts';

export const headBytes = 16;
/** Zeroes are looked for in pieces of this size, which is qcow2's usual cluster. */
export const blockBytes = 64 * 1024;
export const mostDataBytes = 1024 * 1024;
/** Of so many zeroes in a row the destination is told, at the latest. */
export const holeBytes = 256 * 1024 * 1024;
/** A stream on which nothing moves for so long is given up. */
export const idleMs = 60_000;

export const requestSchema = z.object({
  token: coldOfferSchema.shape.token,
  from: z.array(z.object({ name: coldFileSchema.shape.name, at: z.int().nonnegative() })).max(64),
});
export type Request = z.infer<typeof requestSchema>;

export type Head = { file: number; length: number; at: number };

export function encodeHead({ file, length, at }: Head): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(file, 0);
  head.writeUInt32BE(length, 4);
  head.writeBigUInt64BE(BigInt(at), 8);
  return head;
}

export const decodeHead = (head: Buffer): Head => ({
  file: head.readUInt32BE(0),
  length: head.readUInt32BE(4),
  at: Number(head.readBigUInt64BE(8)),
});

export const broken = (message: string, cause?: unknown): BlanketError =>
  new BlanketError('cold.stream', message, { cause, next: 'It is taken up where it ended.' });

/** Gives exactly so many bytes at each call. @throws what the stream throws, or that it has ended too early */
export function exactly(stream: AsyncIterable<Buffer>): (bytes: number) => Promise<Buffer> {
  const pieces = stream[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  return async (bytes) => {
    const parts = held.length > 0 ? [held] : [];
    let have = held.length;
    while (have < bytes) {
      const { value, done } = await pieces.next();
      if (done) throw broken('The stream ended too early.');
      parts.push(value);
      have += value.length;
    }
    const all = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, have);
    held = all.subarray(bytes);
    return all.subarray(0, bytes);
  };
}
