import test from 'ava';
import fc from 'fast-check';
import { LibvirtConnectionError } from '../../src/libvirt/errors.ts';
import {
  encodeFrame,
  type Frame,
  FrameParser,
  maxFrame,
  messageTypes,
  programs,
} from '../../src/libvirt/frame.ts';

const frame = (more: Partial<Frame> = {}): Frame => ({
  program: programs.remote,
  procedure: 1,
  type: messageTypes.call,
  serial: 7,
  status: 0,
  payload: Buffer.from('0123'),
  ...more,
});

const frames = fc.array(
  fc
    .record({
      program: fc.constantFrom(...Object.values(programs)),
      procedure: fc.nat(500),
      type: fc.constantFrom(...Object.values(messageTypes)),
      serial: fc.integer({ min: 0, max: 0xffff_ffff }),
      status: fc.nat(2),
      payload: fc.uint8Array({ maxLength: 80 }),
    })
    .map((value): Frame => ({ ...value, payload: Buffer.from(value.payload) })),
  { maxLength: 6 },
);

const parse = (pieces: Buffer[]): Frame[] => {
  const parser = new FrameParser();
  return pieces.flatMap((piece) => [...parser.push(piece)]);
};

test('a message begins with its length and six words', (t) => {
  const expected = [
    '00000020',
    '20008086',
    '00000001',
    '00000001',
    '00000000',
    '00000007',
    '00000000',
    '30313233',
  ];
  t.is(encodeFrame(frame()).toString('hex'), expected.join(''));
});

test('messages are found again wherever the bytes are cut', (t) => {
  const sent = [frame(), frame({ payload: Buffer.alloc(0), serial: 8 }), frame({ serial: 9 })];
  const bytes = Buffer.concat(sent.map(encodeFrame));
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    t.deepEqual(parse([bytes.subarray(0, cut), bytes.subarray(cut)]), sent);
  }
  t.deepEqual(parse([...bytes].map((byte) => Buffer.from([byte]))), sent);
});

test('any messages in any pieces', (t) => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 })), (sent, sizes) => {
      let rest = Buffer.concat(sent.map(encodeFrame));
      const pieces = sizes.map((size) => {
        const piece = rest.subarray(0, size);
        rest = rest.subarray(size);
        return piece;
      });
      t.deepEqual(parse([...pieces, rest]), sent);
    }),
  );
});

const spoilt = (at: number, word: number): Buffer => {
  const bytes = encodeFrame(frame());
  bytes.writeUInt32BE(word, at);
  return bytes;
};

test('a header that cannot be right is refused as soon as it is there', (t) => {
  const refused = (at: number, word: number, message: RegExp) =>
    t.throws(() => parse([spoilt(at, word).subarray(0, 28)]), {
      instanceOf: LibvirtConnectionError,
      message,
    });
  refused(0, 27, /claims 27 bytes/);
  refused(0, maxFrame + 1, /claims 33554437 bytes/);
  refused(0, 0xffff_ffff, /claims 4294967295 bytes/);
  refused(4, 0x1234, /unknown program 0x1234/);
  refused(8, 2, /version 2/);
  refused(16, 5, /unknown type 5/);
  refused(24, 3, /unknown status 3/);
});

test('the largest message passes, a larger one cannot be sent', (t) => {
  const largest = frame({ payload: Buffer.alloc(maxFrame - 28, 1) });
  const bytes = encodeFrame(largest);
  const pieces = Array.from({ length: 513 }, (_, index) =>
    bytes.subarray(index * 65_536, (index + 1) * 65_536),
  );
  t.is(parse(pieces)[0]?.payload.length, maxFrame - 28);
  const larger = frame({ payload: Buffer.alloc(maxFrame - 27) });
  t.throws(() => encodeFrame(larger), { instanceOf: LibvirtConnectionError });
});

test('messages that were not taken are given with the next bytes', (t) => {
  const parser = new FrameParser();
  const [first, second, third] = [7, 8, 9].map((serial) => frame({ serial }));
  const bytes = Buffer.concat([first, second, third].map((sent) => encodeFrame(sent ?? frame())));
  for (const taken of parser.push(bytes.subarray(0, -1))) {
    t.deepEqual(taken, first);
    break;
  }
  t.deepEqual([...parser.push(bytes.subarray(-1))], [second, third]);
});

test('a claim of 32 MiB takes at most 1 MiB before its bytes are there', (t) => {
  const bytes = encodeFrame(frame({ payload: Buffer.alloc(maxFrame - 28, 1) }));
  const parsers = Array.from({ length: 64 }, () => new FrameParser());
  const before = process.memoryUsage().arrayBuffers;
  for (const parser of parsers) t.deepEqual([...parser.push(bytes.subarray(0, 100))], []);
  const claimed = process.memoryUsage().arrayBuffers - before;
  t.true(claimed <= 64 * 1024 * 1024 + 65_536, `64 claims of 32 MiB took ${claimed} bytes`);
  t.is(parsers.length, 64);
});

/** Counts what a parser copies, which is what its time goes into. */
function copiedWhile(action: () => void): number {
  const { copy } = Buffer.prototype;
  let copied = 0;
  Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<typeof copy>) {
    const bytes = copy.apply(this, args);
    copied += bytes;
    return bytes;
  };
  try {
    action();
  } finally {
    Buffer.prototype.copy = copy;
  }
  return copied;
}

test('however a message is cut, its bytes are copied about twice, and no piece is kept', (t) => {
  const message = (size: number) => encodeFrame(frame({ payload: Buffer.alloc(size, 1) }));
  const feed = (bytes: Buffer, pieceSize: number) => {
    const parser = new FrameParser();
    let found = 0;
    for (let at = 0; at < bytes.length; at += pieceSize) {
      for (const { payload } of parser.push(bytes.subarray(at, at + pieceSize))) found = payload.length;
    }
    return found;
  };
  for (const [size, pieceSize] of [
    [2 * 1024 * 1024, 1],
    [maxFrame - 28, 65_536],
  ] as const) {
    const bytes = message(size);
    const copied = copiedWhile(() => t.is(feed(bytes, pieceSize), size));
    t.true(copied < 3 * size, `${copied} bytes copied for ${size} in pieces of ${pieceSize}`);
  }
});
