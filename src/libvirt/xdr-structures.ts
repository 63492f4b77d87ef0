/** XDR's ways to put values together: structures, lists, values that may be absent, and views of other codecs. */
import { XdrError } from './errors.ts';
import { bool, type Codec, type Reader, uint32, type Value } from './xdr.ts';

type Fields = Record<string, Codec<unknown>>;
type Structure<F> = { [K in keyof F]: Value<F[K]> };

/** Fields one after the other, in the order in which they are written here. */
export function structure<F extends Fields>(fields: F): Codec<Structure<F>> {
  const entries: [string, Codec<unknown>][] = Object.entries(fields);
  return {
    encode(writer, value) {
      let field = '';
      try {
        for (const [name, codec] of entries) {
          field = name;
          codec.encode(writer, value[name]);
        }
      } catch (error) {
        throw inField(field, error);
      }
    },
    decode(reader) {
      const value: Record<string, unknown> = {};
      let field = '';
      try {
        for (const [name, codec] of entries) {
          field = name;
          value[name] = codec.decode(reader);
        }
      } catch (error) {
        throw inField(field, error);
      }
      return value as Structure<F>;
    },
  };
}

const inField = (name: string, error: unknown): unknown =>
  error instanceof XdrError ? new XdrError(`${name}: ${error.message}`) : error;

/** At most `max` values, behind their number. The array grows as values are found, never ahead of them. */
export const list = <T>(element: Codec<T>, max: number): Codec<T[]> => ({
  encode(writer, values) {
    if (values.length > max) throw new XdrError(`${values.length} values are over the bound of ${max}.`);
    uint32.encode(writer, values.length);
    for (const value of values) element.encode(writer, value);
  },
  decode(reader: Reader) {
    const count = uint32.decode(reader);
    if (count > max) throw new XdrError(`${count} values are over the bound of ${max}.`);
    const values: T[] = [];
    while (values.length < count) values.push(element.decode(reader));
    return values;
  },
});

/** A value that may be absent (in C: a pointer that may be NULL). */
export const optional = <T>(inner: Codec<T>): Codec<T | undefined> => ({
  encode(writer, value) {
    bool.encode(writer, value !== undefined);
    if (value !== undefined) inner.encode(writer, value);
  },
  decode: (reader) => (bool.decode(reader) ? inner.decode(reader) : undefined),
});

/** The same bytes, seen as another type. */
export const mapped = <Wire, T>(
  wire: Codec<Wire>,
  toWire: (value: T) => Wire,
  fromWire: (value: Wire) => T,
): Codec<T> => ({
  encode: (writer, value) => wire.encode(writer, toWire(value)),
  decode: (reader) => fromWire(wire.decode(reader)),
});
