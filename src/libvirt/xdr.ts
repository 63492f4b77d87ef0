/**
 * XDR (RFC 4506): values as big-endian, 4-byte-aligned bytes. A codec encodes and decodes one type; combinators
 * build the codecs of structures from those of their parts.
 *
 * Decoding trusts nothing: every length is checked against its bound and against the bytes that are there before
 * anything is allocated, so a message of n bytes costs O(n) at most. Encoding applies the same bounds, so that a
 * value which the daemon would refuse fails here, with the name of the field.
 */
import { XdrError } from './errors.ts';

/** Methods, not function properties, so that a codec of any type is a `Codec<unknown>`. */
export type Codec<T> = {
  encode(writer: Writer, value: T): void;
  decode(reader: Reader): T;
};

export type Value<C> = C extends Codec<infer T> ? T : never;

/** Collects encoded pieces. */
export class Writer {
  private readonly pieces: Uint8Array[] = [];

  /** Adds `size` bytes, which `fill` writes. */
  fixed(size: number, fill: (buffer: Buffer) => void): void {
    const buffer = Buffer.alloc(size);
    fill(buffer);
    this.pieces.push(buffer);
  }

  bytes(value: Uint8Array): void {
    this.pieces.push(value);
    if (value.length % 4 !== 0) this.pieces.push(Buffer.alloc(4 - (value.length % 4)));
  }

  finish(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

/** Walks over one message's payload. */
export class Reader {
  private readonly buffer: Buffer;
  private offset = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  /** The next `size` bytes, not copied; padding behind them is skipped. */
  bytes(size: number): Buffer {
    const end = this.offset + size;
    const padded = this.offset + Math.ceil(size / 4) * 4;
    if (padded > this.buffer.length) {
      throw new XdrError(`The message ends after ${this.buffer.length} of at least ${padded} bytes.`);
    }
    const value = this.buffer.subarray(this.offset, end);
    this.offset = padded;
    return value;
  }

  get remaining(): number {
    return this.buffer.length - this.offset;
  }
}

/** @throws XdrError when the value is out of its type's bounds. */
export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new Writer();
  codec.encode(writer, value);
  return writer.finish();
}

/** @throws XdrError when the bytes are not exactly one value of that type. */
export function decode<T>(codec: Codec<T>, bytes: Buffer): T {
  const reader = new Reader(bytes);
  const value = codec.decode(reader);
  if (reader.remaining > 0) throw new XdrError(`${reader.remaining} bytes follow the value.`);
  return value;
}

const integer = (name: string, min: number, max: number, signed: boolean): Codec<number> => ({
  encode(writer, value) {
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new XdrError(`${value} is not ${name} (an integer from ${min} to ${max}).`);
    }
    writer.fixed(4, (buffer) => (signed ? buffer.writeInt32BE(value) : buffer.writeUInt32BE(value)));
  },
  decode(reader) {
    const bytes = reader.bytes(4);
    const value = signed ? bytes.readInt32BE() : bytes.readUInt32BE();
    if (value < min || value > max) throw new XdrError(`${value} is not ${name}.`);
    return value;
  },
});

export const int32 = integer('an int', -0x8000_0000, 0x7fff_ffff, true);
export const uint32 = integer('an unsigned int', 0, 0xffff_ffff, false);
/** XDR has nothing smaller than four bytes: an unsigned char or short is an integer with a tighter bound. */
export const uint16 = integer('an unsigned short', 0, 0xffff, false);
export const uint8 = integer('an unsigned char', 0, 0xff, false);

export const int64: Codec<bigint> = {
  encode(writer, value) {
    if (BigInt.asIntN(64, value) !== value) throw new XdrError(`${value} does not fit 64 bits.`);
    writer.fixed(8, (buffer) => buffer.writeBigInt64BE(value));
  },
  decode: (reader) => reader.bytes(8).readBigInt64BE(),
};

export const uint64: Codec<bigint> = {
  encode(writer, value) {
    if (BigInt.asUintN(64, value) !== value) throw new XdrError(`${value} does not fit 64 unsigned bits.`);
    writer.fixed(8, (buffer) => buffer.writeBigUInt64BE(value));
  },
  decode: (reader) => reader.bytes(8).readBigUInt64BE(),
};

export const float64: Codec<number> = {
  encode: (writer, value) => writer.fixed(8, (buffer) => buffer.writeDoubleBE(value)),
  decode: (reader) => reader.bytes(8).readDoubleBE(),
};

export const bool: Codec<boolean> = {
  encode: (writer, value) => uint32.encode(writer, value ? 1 : 0),
  decode(reader) {
    const value = uint32.decode(reader);
    if (value > 1) throw new XdrError(`${value} is not a truth value.`);
    return value === 1;
  },
};

/** No bytes at all: the arguments or the result of a call that has none. */
export const nothing: Codec<void> = { encode: () => undefined, decode: () => undefined };

/** Bytes of a length that both sides know. */
export const fixedBytes = (size: number): Codec<Uint8Array> => ({
  encode(writer, value) {
    if (value.length !== size) throw new XdrError(`${value.length} bytes were given where ${size} belong.`);
    writer.bytes(value);
  },
  decode: (reader) => Uint8Array.from(reader.bytes(size)),
});

function length(reader: Reader, max: number, what: string): number {
  const size = uint32.decode(reader);
  if (size > max) throw new XdrError(`${what} of ${size} is over the bound of ${max}.`);
  return size;
}

/** At most `max` bytes, behind their length. The value is a copy, so it does not keep the whole message alive. */
export const bytes = (max: number): Codec<Uint8Array> => ({
  encode(writer, value) {
    if (value.length > max) throw new XdrError(`${value.length} bytes are over the bound of ${max}.`);
    uint32.encode(writer, value.length);
    writer.bytes(value);
  },
  decode: (reader) => Uint8Array.from(reader.bytes(length(reader, max, 'A byte array'))),
});

/** Text of at most `max` bytes of UTF-8. A NUL is refused: the daemon, written in C, would end the text there. */
export const text = (max: number): Codec<string> => ({
  encode(writer, value) {
    const encoded = Buffer.from(value, 'utf8');
    if (encoded.length > max)
      throw new XdrError(`A text of ${encoded.length} bytes is over the bound of ${max}.`);
    if (encoded.includes(0)) throw new XdrError('A text must not contain a NUL character.');
    uint32.encode(writer, encoded.length);
    writer.bytes(encoded);
  },
  decode: (reader) => reader.bytes(length(reader, max, 'A text')).toString('utf8'),
});
