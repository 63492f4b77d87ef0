import test from 'ava';
import fc from 'fast-check';
import { parts } from '../../../src/libvirt/storage/sparse-writer.ts';

const shape = (chunk: Buffer) => [...parts(chunk)].map(({ isHole, bytes }) => [isHole, bytes.length]);

test('blocks of zeros are holes, wherever they are', (t) => {
  const chunk = Buffer.alloc(5 * 4096 + 10);
  chunk[4096 + 7] = 1;
  t.deepEqual(shape(chunk), [
    [true, 4096],
    [false, 4096],
    [true, 3 * 4096 + 10],
  ]);
  t.deepEqual(shape(Buffer.alloc(3)), [[true, 3]]);
  t.deepEqual(shape(Buffer.from('a')), [[false, 1]]);
  t.deepEqual(shape(Buffer.alloc(0)), []);
});

test('the parts make up the chunk, and a hole has nothing but zeros', (t) => {
  const marks = fc.array(fc.nat(40_000), { maxLength: 6 });
  fc.assert(
    fc.property(fc.nat(40_000), marks, (size, places) => {
      const chunk = Buffer.alloc(size);
      for (const place of places) if (place < size) chunk[place] = 0xff;
      const found = [...parts(chunk)];
      t.true(Buffer.concat(found.map(({ bytes }) => bytes)).equals(chunk));
      t.true(found.every(({ isHole, bytes }) => !isHole || bytes.every((byte) => byte === 0)));
    }),
  );
});
