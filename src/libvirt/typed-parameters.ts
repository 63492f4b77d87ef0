/**
 * libvirt's typed parameters: a list of named values, each with its type on the wire. Calls that take or give a set
 * of settings that may grow (migration parameters, job statistics) use them.
 */
import { XdrError } from './errors.ts';
import { flag, string } from './wire-types.ts';
import { type Codec, float64, int32, int64, text, uint32, uint64 } from './xdr.ts';
import { list } from './xdr-structures.ts';

export type TypedParameter =
  | { field: string; type: 'int' | 'uint' | 'double'; value: number }
  | { field: string; type: 'llong' | 'ullong'; value: bigint }
  | { field: string; type: 'boolean'; value: boolean }
  | { field: string; type: 'string'; value: string };

type Type = TypedParameter['type'];

/** virTypedParameterType in include/libvirt/libvirt-common.h. */
const tags: Record<Type, number> = { int: 1, uint: 2, llong: 3, ullong: 4, double: 5, boolean: 6, string: 7 };
const types = new Map<number, Type>(Object.entries(tags).map(([type, tag]) => [tag, type as Type]));

const values: Record<Type, Codec<unknown>> = {
  int: int32,
  uint: uint32,
  llong: int64,
  ullong: uint64,
  double: float64,
  boolean: flag,
  string,
};

/** VIR_TYPED_PARAM_FIELD_LENGTH (80) counts the NUL that ends a name in C. */
const fieldName = text(79);

export const typedParameter: Codec<TypedParameter> = {
  encode(writer, { field, type, value }) {
    fieldName.encode(writer, field);
    int32.encode(writer, tags[type]);
    values[type].encode(writer, value);
  },
  decode(reader) {
    const field = fieldName.decode(reader);
    const tag = int32.decode(reader);
    const type = types.get(tag);
    if (type === undefined) throw new XdrError(`The parameter "${field}" has the unknown type ${tag}.`);
    // The table above pairs each type with its codec, which the union cannot express.
    return { field, type, value: values[type].decode(reader) } as TypedParameter;
  },
};

/** At most `max` parameters: each call has its bound. */
export const typedParametersUpTo = (max: number): Codec<TypedParameter[]> => list(typedParameter, max);
/** REMOTE_DOMAIN_MIGRATE_PARAM_LIST_MAX and REMOTE_DOMAIN_JOB_STATS_MAX are both 64. */
export const typedParameters = typedParametersUpTo(64);

/** A parameter that is a 64-bit quantity. @throws XdrError when the number is not whole, or negative. */
export function typedQuantity(field: string, value: number): TypedParameter {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new XdrError(`${field}: ${value} is not a whole quantity.`);
  return { field, type: 'ullong', value: BigInt(value) };
}

/** A parameter's value; 64-bit numbers as `number`, exact up to 2^53. */
export type PlainValue = string | number | boolean;

/** Parameters by name. Of a name that comes several times the last counts. */
export const toRecord = (parameters: readonly TypedParameter[]): Record<string, PlainValue> =>
  Object.fromEntries(
    parameters.map(({ field, value }) => [field, typeof value === 'bigint' ? Number(value) : value]),
  );
