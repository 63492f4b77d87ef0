/**
 * What the fuzz tests share: how often they run, which errors are allowed, and bytes that are nearly right, which
 * reach much further into a decoder than random ones.
 *
 * `LIBVIRT_FUZZ_TIMES=100` runs each property a hundred times as often; a failure prints the seed that repeats it.
 */
import fc from 'fast-check';
import { LibvirtConnectionError, LibvirtError, XdrError } from '../../src/libvirt/errors.ts';

const times = Number(process.env.LIBVIRT_FUZZ_TIMES ?? 1);

/** Runs of a property; `usual` is what a unit test may take. */
export const runs = (usual: number): number => usual * times;
/** Milliseconds that a test may take. */
export const patience = times * 60_000;

export const isTyped = (error: unknown): boolean =>
  error instanceof LibvirtError || error instanceof LibvirtConnectionError || error instanceof XdrError;

/** Lengths, truth values and types are small numbers; bounds are a few larger ones. */
const word = fc.oneof(
  { weight: 6, arbitrary: fc.nat(8) },
  { weight: 1, arbitrary: fc.constantFrom(64, 256, 1_024, 16_384, 65_536, 262_144, 4_194_304, 33_554_432) },
  { weight: 1, arbitrary: fc.constantFrom(0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff_ffff }) },
);

export const toWords = (values: readonly number[]): Buffer => {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, index * 4);
  return buffer;
};

export const nearlyRight: fc.Arbitrary<Buffer> = fc.oneof(
  fc.array(word, { maxLength: 80 }).map(toWords),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

export type Mutation = (bytes: Buffer) => Buffer;

const at = (bytes: Buffer, place: number): number => (bytes.length === 0 ? 0 : place % bytes.length);

/** Spoils a byte or a word, cuts, repeats or inserts. */
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(255)).map(
    ([place, byte]): Mutation =>
      (bytes) => {
        const copy = Buffer.from(bytes);
        if (copy.length > 0) copy[at(copy, place)] = byte;
        return copy;
      },
  ),
  fc.tuple(fc.nat(), word).map(
    ([place, value]): Mutation =>
      (bytes) => {
        const copy = Buffer.from(bytes);
        if (copy.length >= 4) copy.writeUInt32BE(value, Math.min(at(copy, place) & ~3, copy.length - 4));
        return copy;
      },
  ),
  fc.nat().map(
    (place): Mutation =>
      (bytes) =>
        bytes.subarray(0, at(bytes, place)),
  ),
  fc.nat().map(
    (place): Mutation =>
      (bytes) =>
        Buffer.concat([bytes, bytes.subarray(at(bytes, place))]),
  ),
  fc.tuple(fc.nat(), nearlyRight).map(
    ([place, more]): Mutation =>
      (bytes) => {
        const cut = at(bytes, place);
        return Buffer.concat([bytes.subarray(0, cut), more, bytes.subarray(cut)]);
      },
  ),
);

export const mutations: fc.Arbitrary<Mutation> = fc
  .array(mutation, { maxLength: 3 })
  .map((all) => (bytes) => all.reduce((spoilt, mutate) => mutate(spoilt), bytes));
