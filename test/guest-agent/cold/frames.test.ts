import test from 'ava';
import fc from 'fast-check';
import { blockBytes, decodeHead, encodeHead, exactly } from '../../../src/guest-agent/cold/frames.ts';
import { filled } from '../../../src/guest-agent/cold/send.ts';

test('what is left out is zero, and nothing else is', (t) => {
  const blocks = fc.array(fc.constantFrom(0, 0, 1), { maxLength: 12 });
  const tail = fc.nat({ max: blockBytes - 1 });
  fc.assert(
    fc.property(blocks, tail, fc.boolean(), (marks, length, last) => {
      const data = Buffer.alloc(marks.length * blockBytes + length);
      for (const [i, mark] of marks.entries()) data[(i + 1) * blockBytes - 1] = mark;
      if (last && length > 0) data[data.length - 1] = 1;
      const copy = Buffer.alloc(data.length);
      const runs = filled(data);
      for (const { start, end } of runs) data.copy(copy, start, start, end);
      const sent = runs.reduce((sum, { start, end }) => sum + end - start, 0);
      const full = marks.filter((mark) => mark === 1).length * blockBytes + (last ? length : 0);
      return copy.equals(data) && sent === full;
    }),
  );
  t.pass();
});

test('a stream is read alike however it is cut into pieces', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 9 })), fc.nat({ max: 40 }), async (pieces, want) => {
      const all = Buffer.concat(pieces);
      async function* stream() {
        for (const piece of pieces) yield Buffer.from(piece);
      }
      const read = exactly(stream());
      if (want > all.length) return void (await t.throwsAsync(read(want), { code: 'cold.stream' }));
      const [first, rest] = [await read(want), await read(all.length - want)];
      t.true(Buffer.concat([first, rest]).equals(all));
    }),
    { numRuns: 50 },
  );
});

test('a head says what it was made of', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.maxSafeNat(), (file, length, at) => {
      t.deepEqual(decodeHead(encodeHead({ file, length, at })), { file, length, at });
    }),
  );
});
