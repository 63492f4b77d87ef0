import test from 'ava';
import fc from 'fast-check';
import { XdrError } from '../../src/libvirt/errors.ts';
import { quantity, uuid } from '../../src/libvirt/wire-types.ts';
import * as xdr from '../../src/libvirt/xdr.ts';
import { list, mapped, optional, structure } from '../../src/libvirt/xdr-structures.ts';

const roundTrip = <T>(codec: xdr.Codec<T>, value: T): T => xdr.decode(codec, xdr.encode(codec, value));

const everything = structure({
  int: xdr.int32,
  uint: xdr.uint32,
  short: xdr.uint16,
  char: xdr.uint8,
  long: xdr.int64,
  ulong: xdr.uint64,
  double: xdr.float64,
  bool: xdr.bool,
  fixed: xdr.fixedBytes(5),
  bytes: xdr.bytes(64),
  text: xdr.text(4096),
  maybe: optional(xdr.text(64)),
  list: list(structure({ a: xdr.int32, b: optional(xdr.uint64) }), 10),
  uuid,
  quantity,
});

const noNul = (max: number) =>
  fc.string({ unit: 'grapheme', maxLength: max }).filter((value) => !value.includes('\0'));

const anything = fc.record({
  int: fc.integer(),
  uint: fc.integer({ min: 0, max: 0xffff_ffff }),
  short: fc.integer({ min: 0, max: 0xffff }),
  char: fc.integer({ min: 0, max: 0xff }),
  long: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ulong: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  double: fc.double(),
  bool: fc.boolean(),
  fixed: fc.uint8Array({ minLength: 5, maxLength: 5 }),
  bytes: fc.uint8Array({ maxLength: 64 }),
  text: noNul(100),
  maybe: fc.option(noNul(2), { nil: undefined }),
  list: fc.array(
    fc.record({ a: fc.integer(), b: fc.option(fc.bigInt({ min: 0n, max: 9n }), { nil: undefined }) }),
    { maxLength: 10 },
  ),
  uuid: fc.uuid(),
  quantity: fc.nat(),
});

test('what is encoded is decoded again, in multiples of four bytes', (t) => {
  fc.assert(
    fc.property(anything, (value) => {
      t.deepEqual(roundTrip(everything, value), value);
      t.is(xdr.encode(everything, value).length % 4, 0);
    }),
  );
});

test('a writer grows as it must, and pads with zeros', (t) => {
  const texts = list(xdr.text(100_000), 3);
  const long = '\ud800é'.repeat(9_999);
  t.deepEqual(roundTrip(texts, ['a', long, 'ab']), ['a', long.replaceAll('\ud800', '\ufffd'), 'ab']);
  const sizes = Array.from({ length: 300 }, (_, size) => 'x'.repeat(size));
  for (const value of sizes) {
    const padding = xdr.encode(xdr.text(300), value).subarray(4 + value.length);
    t.deepEqual(padding, Buffer.alloc((4 - (value.length % 4)) % 4));
  }
});

test('the bytes are those of RFC 4506', (t) => {
  const hex = <T>(codec: xdr.Codec<T>, value: T) => xdr.encode(codec, value).toString('hex');
  t.is(hex(xdr.int32, -2), 'fffffffe');
  t.is(hex(xdr.int64, -2n), 'fffffffffffffffe');
  t.is(hex(xdr.float64, 1), '3ff0000000000000');
  t.is(hex(xdr.text(9), 'hello'), '0000000568656c6c6f000000');
  t.is(hex(optional(xdr.bool), true), '0000000100000001');
  t.is(hex(optional(xdr.bool), undefined), '00000000');
  t.is(hex(list(xdr.uint8, 3), [1, 2]), '000000020000000100000002');
  t.is(hex(uuid, '00112233-4455-6677-8899-AABBCCDDEEFF'), '00112233445566778899aabbccddeeff');
});

test('every cut of a message is refused; what follows a value is left alone', (t) => {
  fc.assert(
    fc.property(anything, (value) => {
      const whole = xdr.encode(everything, value);
      for (let size = 0; size < whole.length; size += 4) {
        t.throws(() => xdr.decode(everything, whole.subarray(0, size)), { instanceOf: XdrError });
      }
      const longer = Buffer.concat([whole, Buffer.alloc(4)]);
      t.deepEqual(xdr.decode(everything, longer), value);
    }),
    { numRuns: 20 },
  );
});

test('random and mutated bytes give a value or an XdrError', (t) => {
  const attempt = (bytes: Uint8Array) => {
    try {
      xdr.decode(everything, Buffer.from(bytes));
    } catch (error) {
      t.true(error instanceof XdrError, String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), attempt), { numRuns: 2_000 });
  const mutated = fc.tuple(anything, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
    const bytes = xdr.encode(everything, value);
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  fc.assert(fc.property(mutated, attempt), { numRuns: 2_000 });
  t.pass();
});

test('a length beyond the bound or the message is refused before anything is allocated', (t) => {
  const claim = (length: number) =>
    Buffer.from([length >>> 24, length >>> 16, length >>> 8, length].map((b) => b & 255));
  t.throws(() => xdr.decode(xdr.text(100), claim(101)), { message: /over the bound of 100/ });
  t.throws(() => xdr.decode(xdr.bytes(0xffff_ffff), claim(0xffff_fff0)), { message: /ends after 4/ });
  t.throws(() => xdr.decode(list(xdr.int32, 0xffff_ffff), claim(0xffff_fff0)), { message: /ends after 4/ });
  t.throws(() => xdr.decode(list(xdr.int32, 5), claim(6)), { message: /over the bound of 5/ });
});

test('values out of their bounds are refused, with the name of the field', (t) => {
  const field = structure({ size: xdr.uint16, name: xdr.text(3) });
  const refused = (size: number, name: string, message: RegExp) =>
    t.throws(() => xdr.encode(field, { size, name }), { instanceOf: XdrError, message });
  refused(70_000, 'abc', /^size: 70000 is not an unsigned short/);
  refused(-1, 'abc', /^size: /);
  refused(1.5, 'abc', /^size: /);
  refused(1, 'abcd', /^name: .* 4 bytes/);
  refused(1, 'ä€', /^name: .* 5 bytes/);
  refused(1, 'a\0b', /^name: .*NUL/);
  t.throws(() => xdr.encode(xdr.int64, 2n ** 63n), { instanceOf: XdrError });
  t.throws(() => xdr.encode(xdr.uint64, -1n), { instanceOf: XdrError });
  t.throws(() => xdr.encode(quantity, 2 ** 60), { instanceOf: XdrError });
  t.throws(() => xdr.encode(xdr.fixedBytes(2), new Uint8Array(3)), { instanceOf: XdrError });
  t.throws(() => xdr.encode(xdr.bytes(2), new Uint8Array(3)), { instanceOf: XdrError });
  t.throws(() => xdr.decode(xdr.bool, Buffer.from([0, 0, 0, 2])), { instanceOf: XdrError });
  t.throws(() => xdr.decode(xdr.uint8, Buffer.from([0, 0, 1, 0])), { instanceOf: XdrError });
});

test('an error of a codec that is no XdrError goes through as it is', (t) => {
  const broken = structure({
    field: mapped(
      xdr.int32,
      (): number => {
        throw new TypeError('ours');
      },
      (value) => value,
    ),
  });
  t.throws(() => xdr.encode(broken, { field: 1 }), { instanceOf: TypeError });
});
