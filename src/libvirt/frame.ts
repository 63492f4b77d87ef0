/**
 * One message on the wire (libvirt's src/rpc/virnetprotocol.x), all fields big-endian 32-bit words:
 *
 *   0       4        8        12         16    20      24      28
 *   +-------+--------+--------+----------+-----+-------+-------+---------
 *   |length |program |version |procedure |type |serial |status |payload …
 *   +-------+--------+--------+----------+-----+-------+-------+---------
 *
 * `length` counts itself. The parser is fed pieces of any size and gives whole messages. It refuses a header that
 * cannot be right as soon as it is there, since nothing after it could be trusted.
 */
import { LibvirtConnectionError } from './errors.ts';

export const headerSize = 28;
/** VIR_NET_MESSAGE_MAX (32 MiB) and the length word, which it does not count. */
export const maxFrame = 32 * 1024 * 1024 + 4;

/** `qemu` is libvirt's own program for what only its QEMU driver has (src/remote/qemu_protocol.x). */
export const programs = { remote: 0x20008086, qemu: 0x20008087, keepalive: 0x6b656570 } as const;
/** None of them has had another version. */
export const protocolVersion = 1;

/** virNetMessageType. The two types that carry file descriptors (4, 5) are never used with this client. */
export const messageTypes = { call: 0, reply: 1, message: 2, stream: 3, streamHole: 6 } as const;
/** virNetMessageStatus. */
export const statuses = { ok: 0, error: 1, continue: 2 } as const;

export type Frame = {
  program: number;
  procedure: number;
  type: number;
  serial: number;
  status: number;
  payload: Buffer;
};

/** @throws LibvirtConnectionError when the payload is over 32 MiB. */
export function encodeFrame(frame: Frame): Buffer {
  const size = headerSize + frame.payload.length;
  if (size > maxFrame) throw broken(`A message of ${size} bytes is over the bound of ${maxFrame}.`);
  const message = Buffer.allocUnsafe(size);
  const { program, procedure, type, serial, status } = frame;
  for (const [index, word] of [size, program, protocolVersion, procedure, type, serial, status].entries()) {
    message.writeUInt32BE(word, index * 4);
  }
  frame.payload.copy(message, headerSize);
  return message;
}

const knownTypes = new Set<number>(Object.values(messageTypes));
const knownPrograms = new Set<number>(Object.values(programs));
const broken = (message: string): LibvirtConnectionError => new LibvirtConnectionError('protocol', message);

/** The length of the message that begins with this header. */
function lengthOf(header: Buffer): number {
  const [length, program, version] = [header.readUInt32BE(0), header.readUInt32BE(4), header.readUInt32BE(8)];
  const [type, status] = [header.readUInt32BE(16), header.readUInt32BE(24)];
  if (length < headerSize || length > maxFrame)
    throw broken(`A message claims ${length} bytes; ${headerSize} to ${maxFrame} are possible.`);
  if (!knownPrograms.has(program))
    throw broken(`A message is of the unknown program 0x${program.toString(16)}.`);
  if (version !== protocolVersion)
    throw broken(`The daemon speaks version ${version} of the protocol, not ${protocolVersion}.`);
  if (!knownTypes.has(type)) throw broken(`A message is of the unknown type ${type}.`);
  if (status > statuses.continue) throw broken(`A message has the unknown status ${status}.`);
  return length;
}

const toFrame = (message: Buffer): Frame => ({
  program: message.readUInt32BE(4),
  procedure: message.readInt32BE(12),
  type: message.readUInt32BE(16),
  serial: message.readUInt32BE(20),
  status: message.readUInt32BE(24),
  payload: message.subarray(headerSize),
});

const empty = Buffer.alloc(0);
/** Memory that a message's claim of its length gets ahead of its bytes. */
const ahead = 1024 * 1024;

/** Turns what arrives into messages. Takes time in proportion to the bytes, however they are cut. */
export class FrameParser {
  /** What arrived and was not looked at yet. */
  private fresh: Buffer = empty;
  /** The beginning, `gathered` bytes long, of a message whose rest has not arrived. */
  private partial: Buffer = empty;
  private gathered = 0;

  /** Takes the next bytes that arrived; gives the messages that they complete.
   *  @throws LibvirtConnectionError on a header that cannot be right. Nothing may be fed after that. */
  *push(piece: Buffer): Generator<Frame, void> {
    this.fresh = this.fresh.length === 0 ? piece : Buffer.concat([this.fresh, piece]);
    for (let message = this.next(); message !== undefined; message = this.next()) yield toFrame(message);
  }

  private next(): Buffer | undefined {
    if (this.gathered === 0 && this.fresh.length >= headerSize) {
      const length = lengthOf(this.fresh);
      if (this.fresh.length >= length) return this.take(length); // whole in its piece: no copy
    }
    if (!this.gather(headerSize)) return undefined;
    const length = lengthOf(this.partial);
    if (!this.gather(length)) return undefined;
    const message = this.partial.subarray(0, length);
    this.partial = empty;
    this.gathered = 0;
    return message;
  }

  private take(size: number): Buffer {
    const bytes = this.fresh.subarray(0, size);
    this.fresh = this.fresh.subarray(size);
    return bytes;
  }

  /** Moves fresh bytes to the message's beginning until that has `size` bytes. Whether it has. */
  private gather(size: number): boolean {
    const bytes = this.take(Math.max(0, size - this.gathered));
    this.reserve(this.gathered + bytes.length, size);
    bytes.copy(this.partial, this.gathered);
    this.gathered += bytes.length;
    return this.gathered >= size;
  }

  /** Room for `needed` bytes of a message of `size`: at most `ahead` or, above that, twice what has arrived. */
  private reserve(needed: number, size: number): void {
    if (needed <= this.partial.length) return;
    const larger = Buffer.allocUnsafe(Math.min(size, Math.max(ahead, needed * 2)));
    this.partial.copy(larger, 0, 0, this.gathered);
    this.partial = larger;
  }
}
