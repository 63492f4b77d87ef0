/**
 * One message on the wire (libvirt's src/rpc/virnetprotocol.x), all fields big-endian 32-bit words:
 *
 *   0       4        8        12         16    20      24      28
 *   +-------+--------+--------+----------+-----+-------+-------+---------
 *   |length |program |version |procedure |type |serial |status |payload …
 *   +-------+--------+--------+----------+-----+-------+-------+---------
 *
 * `length` counts itself. The parser is fed pieces of any size and gives whole messages; it keeps no more than was
 * sent, and refuses a header that cannot be right as soon as it is there, since nothing after it could be trusted.
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
  const header = Buffer.alloc(headerSize);
  const words = [
    size,
    frame.program,
    protocolVersion,
    frame.procedure,
    frame.type,
    frame.serial,
    frame.status,
  ];
  words.forEach((word, index) => {
    header.writeUInt32BE(word, index * 4);
  });
  return Buffer.concat([header, frame.payload]);
}

const knownTypes = new Set<number>(Object.values(messageTypes));
const knownPrograms = new Set<number>(Object.values(programs));
const broken = (message: string): LibvirtConnectionError => new LibvirtConnectionError('protocol', message);

function checkLength(length: number): number {
  if (length < headerSize || length > maxFrame) {
    throw broken(`A message claims ${length} bytes; ${headerSize} to ${maxFrame} are possible.`);
  }
  return length;
}

function checkHeader(header: Buffer): void {
  const [program, version] = [header.readUInt32BE(4), header.readUInt32BE(8)];
  const [type, status] = [header.readUInt32BE(16), header.readUInt32BE(24)];
  if (!knownPrograms.has(program))
    throw broken(`A message is of the unknown program 0x${program.toString(16)}.`);
  if (version !== protocolVersion)
    throw broken(`The daemon speaks version ${version} of the protocol, not 1.`);
  if (!knownTypes.has(type)) throw broken(`A message is of the unknown type ${type}.`);
  if (status > statuses.continue) throw broken(`A message has the unknown status ${status}.`);
}

const toFrame = (message: Buffer): Frame => ({
  program: message.readUInt32BE(4),
  procedure: message.readInt32BE(12),
  type: message.readUInt32BE(16),
  serial: message.readUInt32BE(20),
  status: message.readUInt32BE(24),
  payload: message.subarray(headerSize),
});

/** Turns what arrives into messages. */
export class FrameParser {
  private pieces: Buffer[] = [];
  private size = 0;
  /** Bytes to wait for: 28 until the header was read, then the whole message's length. */
  private wanted = headerSize;

  /** Takes the next bytes that arrived; gives the messages that they complete.
   *  @throws LibvirtConnectionError on a header that cannot be right. Nothing may be fed after that. */
  *push(piece: Buffer): Generator<Frame, void> {
    this.pieces.push(piece);
    this.size += piece.length;
    while (this.size >= this.wanted) {
      const buffer = this.joined();
      const length = checkLength(buffer.readUInt32BE(0));
      checkHeader(buffer);
      this.wanted = length;
      if (this.size < length) break;
      this.keep(buffer.subarray(length));
      this.wanted = headerSize;
      yield toFrame(buffer.subarray(0, length));
    }
  }

  private joined(): Buffer {
    const [first] = this.pieces;
    if (this.pieces.length === 1 && first !== undefined) return first;
    const buffer = Buffer.concat(this.pieces);
    this.pieces = [buffer];
    return buffer;
  }

  private keep(rest: Buffer): void {
    this.pieces = rest.length === 0 ? [] : [rest];
    this.size = rest.length;
  }
}
