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

const padding = (size: number): number => -size & 3;

/** Writes one message's payload into a buffer that grows. */
export class Writer {
  private buffer = Buffer.allocUnsafe(256);
  private size = 0;

  int32(value: number): void {
    const at = this.room(4);
    this.buffer.writeInt32BE(value, at);
  }

  uint32(value: number): void {
    const at = this.room(4);
    this.buffer.writeUInt32BE(value, at);
  }

  int64(value: bigint): void {
    const at = this.room(8);
    this.buffer.writeBigInt64BE(value, at);
  }

  uint64(value: bigint): void {
    const at = this.room(8);
    this.buffer.writeBigUInt64BE(value, at);
  }

  float64(value: number): void {
    const at = this.room(8);
    this.buffer.writeDoubleBE(value, at);
  }

  bytes(value: Uint8Array): void {
    const at = this.padded(value.length);
    this.buffer.set(value, at);
  }

  /** Text whose UTF-8 takes `length` bytes. */
  text(value: string, length: number): void {
    const at = this.padded(length);
    this.buffer.write(value, at, length, 'utf8');
  }

  finish(): Buffer {
    return this.buffer.subarray(0, this.size);
  }

  private padded(size: number): number {
    const at = this.room(size + padding(size));
    this.buffer.fill(0, at + size, this.size);
    return at;
  }

  /** Where the next `size` bytes belong. */
  private room(size: number): number {
    const at = this.size;
    this.size += size;
    if (this.size > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.size, this.buffer.length * 2));
      this.buffer.copy(larger, 0, 0, at);
      this.buffer = larger;
    }
    return at;
  }
}

/** Walks over one message's payload. */
export class Reader {
  private readonly buffer: Buffer;
  private offset = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  int32(): number {
    return this.buffer.readInt32BE(this.pass(4));
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.pass(4));
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE(this.pass(8));
  }

  uint64(): bigint {
    return this.buffer.readBigUInt64BE(this.pass(8));
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.pass(8));
  }

  /** A copy of the next `size` bytes, which so do not keep the whole message alive. */
  bytes(size: number): Uint8Array {
    const at = this.pass(size);
    return new Uint8Array(this.buffer.subarray(at, at + size));
  }

  text(size: number): string {
    const at = this.pass(size);
    return this.buffer.toString('utf8', at, at + size);
  }

  get remaining(): number {
    return this.buffer.length - this.offset;
  }

  /** Where the next `size` bytes are. They are passed over, and so is the padding behind them. */
  private pass(size: number): number {
    const at = this.offset;
    const end = at + size + padding(size);
    if (end > this.buffer.length) {
      throw new XdrError(`The message ends after ${this.buffer.length} of at least ${end} bytes.`);
    }
    this.offset = end;
    return at;
  }
}

/** @throws XdrError when the value is out of its type's bounds. */
export function encode<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new Writer();
  codec.encode(writer, value);
  return writer.finish();
}

/** Bytes behind the value are left alone: a newer daemon may add fields. @throws XdrError when there is no value. */
export const decode = <T>(codec: Codec<T>, bytes: Buffer): T => codec.decode(new Reader(bytes));

const integer = (name: string, min: number, max: number, signed: boolean): Codec<number> => ({
  encode(writer, value) {
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new XdrError(`${value} is not ${name} (an integer from ${min} to ${max}).`);
    }
    if (signed) writer.int32(value);
    else writer.uint32(value);
  },
  decode(reader) {
    const value = signed ? reader.int32() : reader.uint32();
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
    writer.int64(value);
  },
  decode: (reader) => reader.int64(),
};

export const uint64: Codec<bigint> = {
  encode(writer, value) {
    if (BigInt.asUintN(64, value) !== value) throw new XdrError(`${value} does not fit 64 unsigned bits.`);
    writer.uint64(value);
  },
  decode: (reader) => reader.uint64(),
};

export const float64: Codec<number> = {
  encode: (writer, value) => writer.float64(value),
  decode: (reader) => reader.float64(),
};

export const bool: Codec<boolean> = {
  encode: (writer, value) => writer.uint32(value ? 1 : 0),
  decode(reader) {
    const value = reader.uint32();
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
  decode: (reader) => reader.bytes(size),
});

function length(reader: Reader, max: number, what: string): number {
  const size = reader.uint32();
  if (size > max) throw new XdrError(`${what} of ${size} is over the bound of ${max}.`);
  return size;
}

/** At most `max` bytes, behind their length. */
export const bytes = (max: number): Codec<Uint8Array> => ({
  encode(writer, value) {
    if (value.length > max) throw new XdrError(`${value.length} bytes are over the bound of ${max}.`);
    writer.uint32(value.length);
    writer.bytes(value);
  },
  decode: (reader) => reader.bytes(length(reader, max, 'A byte array')),
});

/** Text of at most `max` bytes of UTF-8. A NUL is refused: the daemon, written in C, would end the text there. */
export const text = (max: number): Codec<string> => ({
  encode(writer, value) {
    const size = Buffer.byteLength(value, 'utf8');
    if (size > max) throw new XdrError(`A text of ${size} bytes is over the bound of ${max}.`);
    if (value.includes('\0')) throw new XdrError('A text must not contain a NUL character.');
    writer.uint32(size);
    writer.text(value, size);
  },
  decode: (reader) => reader.text(length(reader, max, 'A text')),
});
