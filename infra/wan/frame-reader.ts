/**
 * Cuts the byte stream of a QEMU stream socket into frames. On the wire each frame is preceded by its length,
 * four bytes, big-endian (QEMU, net/stream.c and net/net.c `net_fill_rstate`).
 */

export const headerBytes = 4;
/** QEMU's own bound on a frame (NET_BUFSIZE): a 64 KiB packet and a page for its headers. */
export const maxFrameBytes = 65_536 + 4_096;

export class FrameTooLongError extends Error {
  readonly length: number;
  constructor(length: number) {
    super(`A frame of ${length} bytes was announced; the most is ${maxFrameBytes}.`);
    this.name = 'FrameTooLongError';
    this.length = length;
  }
}

export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * The frames that `chunk` completes, each with its four-byte header still in front so that it can be sent on
   * as it is. They share `chunk`'s memory.
   * @throws FrameTooLongError: the stream has lost its framing and is of no more use.
   */
  read(chunk: Buffer): Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    let start = 0;
    while (bytes.length - start >= headerBytes) {
      const length = bytes.readUInt32BE(start);
      if (length > maxFrameBytes) throw new FrameTooLongError(length);
      const end = start + headerBytes + length;
      if (end > bytes.length) break;
      frames.push(bytes.subarray(start, end));
      start = end;
    }
    this.#rest = bytes.subarray(start);
    return frames;
  }
}
