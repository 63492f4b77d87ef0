import test from 'ava';
import fc from 'fast-check';
import { XdrError } from '../../src/libvirt/errors.ts';
import { Pieces, streamHole } from '../../src/libvirt/stream-pieces.ts';
import { decode, encode } from '../../src/libvirt/xdr.ts';

const drain = (pieces: Pieces): Buffer[] => {
  const drained: Buffer[] = [];
  for (let piece = pieces.next(); piece !== undefined; piece = pieces.next()) drained.push(piece);
  return drained;
};

test('bytes and holes come out in their order, holes as zeros', (t) => {
  const piece = fc.oneof(
    fc.nat(200_000),
    fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (given) => {
      const pieces = new Pieces();
      for (const one of given) pieces.add(one);
      const expected = given.map((one) => (typeof one === 'number' ? Buffer.alloc(one) : one));
      const drained = drain(pieces);
      t.true(Buffer.concat(drained).equals(Buffer.concat(expected)));
      t.true(drained.every(({ length }) => length > 0 && length <= 64 * 1024));
      t.true(pieces.isEmpty);
    }),
  );
});

test('a hole of any size takes no memory, and its zeros may be written over', (t) => {
  const pieces = new Pieces();
  pieces.add(2 ** 50);
  pieces.next()?.fill(1);
  t.true(pieces.next()?.every((byte) => byte === 0));
  t.false(pieces.isEmpty);
});

test('the end, which is empty bytes, stays where it was put', (t) => {
  const pieces = new Pieces();
  for (const piece of [1, 0, Buffer.alloc(0)]) pieces.add(piece);
  t.deepEqual(
    drain(pieces).map(({ length }) => length),
    [1, 0],
  );
});

test('a length that is none is refused', (t) => {
  t.deepEqual(decode(streamHole, encode(streamHole, { length: 2 ** 40, flags: 0 })), {
    length: 2 ** 40,
    flags: 0,
  });
  for (const length of [-1, 2 ** 60]) {
    t.throws(() => decode(streamHole, encode(streamHole, { length, flags: 0 })), { instanceOf: XdrError });
  }
});
