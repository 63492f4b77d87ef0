/**
 * What has come of a stream and waits to be read: bytes, and holes. A hole is handed out as the zeros that it stands
 * for, a piece at a time, so that one of many gigabytes takes no memory.
 */
import { XdrError } from './errors.ts';
import { int64, uint32 } from './xdr.ts';
import { mapped, structure } from './xdr-structures.ts';

/** struct virNetStreamHole in libvirt's src/rpc/virnetprotocol.x; no flag is known. */
export const streamHole = structure({
  length: mapped(
    int64,
    (value: number) => BigInt(value),
    (value) => {
      const length = Number(value);
      if (length < 0 || !Number.isSafeInteger(length)) throw new XdrError(`${value} is not a length.`);
      return length;
    },
  ),
  flags: uint32,
});

/** Bytes of a hole that are handed out at once. Always new ones: readers may write into what they are given. */
const zerosAtOnce = 64 * 1024;

export class Pieces {
  private readonly waiting: (Buffer | number)[] = [];
  /** That wait, without the holes. */
  bytes = 0;

  /** @param piece bytes, or a hole's length. */
  add(piece: Buffer | number): void {
    if (piece !== 0) this.waiting.push(piece);
    if (typeof piece !== 'number') this.bytes += piece.length;
  }

  /** The next bytes, if any wait. Empty ones were added so. */
  next(): Buffer | undefined {
    const piece = this.waiting.shift();
    if (typeof piece !== 'number') {
      this.bytes -= piece?.length ?? 0;
      return piece;
    }
    if (piece > zerosAtOnce) this.waiting.unshift(piece - zerosAtOnce);
    return Buffer.alloc(Math.min(piece, zerosAtOnce));
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }
}
