/** Whatever bytes come for whichever call or event, its decoder gives a value or an XdrError, and takes no more. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { XdrError } from '../../src/libvirt/errors.ts';
import { eventKinds } from '../../src/libvirt/events/all-events.ts';
import { allProcedures } from '../../src/libvirt/procedures/all.ts';
import { errorReport } from '../../src/libvirt/wire-structures.ts';
import { type Codec, decode, encode, Reader } from '../../src/libvirt/xdr.ts';
import { type Mutation, mutations, nearlyRight, patience, runs, toWords } from './fuzz.ts';

/** What libvirt 9.0 sent to the integration tests, as hexadecimal: one payload of each kind. */
const recorded = new Map(
  Object.entries(
    JSON.parse(readFileSync(new URL('recorded-replies.json', import.meta.url), 'utf8')) as Record<
      string,
      string
    >,
  ).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]),
);

const events = Object.entries(eventKinds).map(([name, kind]): [string, Codec<unknown>] => [
  `event ${name}`,
  { ...kind.codec, decode: (reader) => kind.toEvent(kind.codec.decode(reader)) },
]);
const codecs = new Map<string, Codec<unknown>>([
  ...allProcedures.map(({ name, result }): [string, Codec<unknown>] => [name, result]),
  ...allProcedures.map(({ name, args }): [string, Codec<unknown>] => [`arguments of ${name}`, args]),
  ...events,
  ['error', errorReport],
]);

/** The value, or undefined when the bytes hold none. Any other error than an XdrError goes through. */
function attempt(codec: Codec<unknown>, bytes: Buffer): { value: unknown } | undefined {
  try {
    return { value: decode(codec, bytes) };
  } catch (error) {
    if (error instanceof XdrError) return undefined;
    throw error;
  }
}

test('real replies are decoded to their last byte', (t) => {
  for (const [name, bytes] of recorded) {
    const codec = codecs.get(name);
    if (codec === undefined) throw new Error(`Nobody knows ${name}.`);
    const reader = new Reader(bytes);
    codec.decode(reader);
    t.is(reader.remaining, 0, name);
  }
  t.true(recorded.size > 30);
});

test('bytes that are nearly right', (t) => {
  t.timeout(patience);
  fc.assert(
    fc.property(nearlyRight, (bytes) => {
      for (const codec of codecs.values()) attempt(codec, bytes);
    }),
    { numRuns: runs(150) },
  );
  t.pass();
});

test('mutations of real replies', (t) => {
  t.timeout(patience);
  const real = fc.constantFrom(...recorded);
  fc.assert(
    fc.property(real, mutations, ([name, bytes], mutate) => {
      const codec = codecs.get(name);
      if (codec !== undefined) attempt(codec, mutate(bytes));
    }),
    { numRuns: runs(4_000) },
  );
  t.pass();
});

/** Mostly 0 and 1, which are valid nearly everywhere. */
const smallWords = fc.array(
  fc.nat(9).map((value) => Math.max(value - 6, value % 2)),
  { minLength: 400, maxLength: 400 },
);

/** The bytes of some value of each codec: what it takes of a long row of small words. */
const validBytes = (words: readonly number[]): [string, Codec<unknown>, Buffer][] =>
  [...codecs].flatMap(([name, codec]) => {
    const bytes = toWords(words);
    const reader = new Reader(bytes);
    try {
      codec.decode(reader);
    } catch (error) {
      if (error instanceof XdrError) return [];
      throw error;
    }
    return [[name, codec, bytes.subarray(0, bytes.length - reader.remaining)]];
  });

test('valid bytes of every call and event, and mutations of them', (t) => {
  t.timeout(patience);
  const reached = new Set<string>();
  const check = (words: number[], mutate: Mutation) => {
    for (const [name, codec, bytes] of validBytes(words)) {
      reached.add(name);
      const whole = attempt(codec, bytes);
      const longer = attempt(codec, Buffer.concat([bytes, Buffer.alloc(16, 0xff)]));
      t.deepEqual(longer, whole, name);
      attempt(codec, mutate(bytes));
    }
  };
  fc.assert(fc.property(smallWords, mutations, check), { numRuns: runs(60) });
  t.deepEqual(
    [...codecs.keys()].filter((name) => !reached.has(name)),
    [],
  );
});

test('a value that was decoded can be encoded, unless it has what only a daemon may send', (t) => {
  t.timeout(patience);
  const ours = allProcedures.map(({ args }) => args);
  const check = (values: number[]) => {
    for (const codec of ours) {
      const decoded = attempt(codec, toWords(values));
      if (decoded === undefined) continue;
      try {
        encode(codec, decoded.value);
      } catch (error) {
        t.true(error instanceof XdrError, String(error));
      }
    }
  };
  fc.assert(fc.property(smallWords, check), { numRuns: runs(50) });
  t.pass();
});

test('a claim of many or of much takes nothing before the bytes are there', (t) => {
  const claims = [64, 1_024, 16_384, 65_536, 262_144, 4_194_304].map((size) =>
    toWords([size, 1, size, 1, size]),
  );
  const before = process.memoryUsage().arrayBuffers;
  for (const bytes of claims) {
    for (const codec of codecs.values()) attempt(codec, bytes);
  }
  const taken = process.memoryUsage().arrayBuffers - before;
  t.true(taken < 4 * 1024 * 1024, `${taken} bytes were taken for ${claims.length * codecs.size} claims`);
});
