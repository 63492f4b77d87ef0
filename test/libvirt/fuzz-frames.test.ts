/** Whatever bytes come, in pieces of any size: messages, and then perhaps a typed error, the same however they are cut. */
import test from 'ava';
import fc from 'fast-check';
import { LibvirtConnectionError } from '../../src/libvirt/errors.ts';
import {
  encodeFrame,
  type Frame,
  FrameParser,
  headerSize,
  messageTypes,
  programs,
} from '../../src/libvirt/frame.ts';
import { mutations, nearlyRight, patience, runs } from './fuzz.ts';

const frames = fc.array(
  fc.record({
    program: fc.constantFrom(...Object.values(programs)),
    procedure: fc.nat(500),
    type: fc.constantFrom(...Object.values(messageTypes)),
    serial: fc.integer({ min: 0, max: 0xffff_ffff }),
    status: fc.nat(2),
    payload: nearlyRight,
  }),
  { maxLength: 6 },
);

const bytes = fc.oneof(
  { weight: 1, arbitrary: nearlyRight },
  {
    weight: 5,
    arbitrary: fc
      .tuple(frames, mutations)
      .map(([sent, mutate]) => mutate(Buffer.concat(sent.map(encodeFrame)))),
  },
);

type Outcome = { frames: Frame[]; error?: string };

function parse(pieces: Buffer[]): Outcome {
  const parser = new FrameParser();
  const found: Frame[] = [];
  try {
    for (const piece of pieces) for (const frame of parser.push(piece)) found.push(frame);
    return { frames: found };
  } catch (error) {
    if (error instanceof LibvirtConnectionError) return { frames: found, error: error.message };
    throw error;
  }
}

test('random and mutated messages', (t) => {
  t.timeout(patience);
  const cuts = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 40 });
  const check = (all: Buffer, sizes: number[]) => {
    let rest = all;
    const pieces = sizes.map((size) => {
      const piece = rest.subarray(0, size);
      rest = rest.subarray(size);
      return piece;
    });
    const whole = parse([all]);
    t.deepEqual(parse([...pieces, rest]), whole);
    const given = whole.frames.reduce((sum, { payload }) => sum + headerSize + payload.length, 0);
    t.true(given <= all.length);
  };
  fc.assert(fc.property(bytes, cuts, check), { numRuns: runs(3_000) });
});
