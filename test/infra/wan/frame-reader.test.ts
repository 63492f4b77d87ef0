import test from 'ava';
import fc from 'fast-check';
import { FrameReader, FrameTooLongError, maxFrameBytes } from '../../../infra/wan/frame-reader.ts';
import { frame, numberOf } from './frames.ts';

test('frames come out whole and in order, however the stream is cut', (t) => {
  const sizes = fc.array(fc.integer({ min: 18, max: 2_000 }), { minLength: 1, maxLength: 20 });
  const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(sizes, cuts, (lengths, steps) => {
      const sent = lengths.map((length, index) => frame(1, 2, index, length));
      const stream = Buffer.concat(sent);
      const reader = new FrameReader();
      const got: Buffer[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const step = steps[turn % steps.length] ?? 1;
        got.push(...reader.read(stream.subarray(at, at + step)));
        at += step;
      }
      return (
        got.length === sent.length && got.every((one, index) => one.equals(sent[index] ?? Buffer.alloc(0)))
      );
    }),
  );
  t.pass();
});

test('a frame of the greatest length passes, one byte more is an error', (t) => {
  const [whole] = new FrameReader().read(frame(1, 2, 7, maxFrameBytes));
  t.is(numberOf(whole ?? Buffer.alloc(22)), 7);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(maxFrameBytes + 1);
  const error = t.throws(() => new FrameReader().read(header), { instanceOf: FrameTooLongError });
  t.is(error.length, maxFrameBytes + 1);
});
