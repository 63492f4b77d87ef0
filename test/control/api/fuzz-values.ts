/** Values made from JSON Schemas, as far as the API's description uses them. */
import fc, { type Arbitrary } from 'fast-check';
import type { JsonSchema } from '../../../src/wire/openapi/json-schema.ts';
import { knownNames } from './fuzz-rig.ts';

type Bounds = { minimum?: number; maximum?: number; exclusiveMinimum?: number; multipleOf?: number };
type Lengths = { minItems?: number; maxItems?: number; maxLength?: number };

/** What schemas leave open, and what seldom is meant: signs of paths, of numbers, of options, and of other languages. */
const oddText = fc.oneof(
  fc.string({ maxLength: 20, unit: 'binary' }),
  fc.constantFrom(
    '',
    '..',
    '../../etc/passwd',
    '/etc/passwd',
    '/',
    'a\u0000b',
    '--help',
    '%2e%2e',
    '-1',
    '__proto__',
  ),
);
export const anything: Arbitrary<unknown> = fc.oneof(
  oddText,
  fc.constantFrom(null, true, false, 0, -1, 1e308, 0.5, 2 ** 53),
  fc.array(fc.oneof(oddText, fc.integer()), { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 8 }), fc.oneof(oddText, fc.integer(), fc.constant(null)), {
    maxKeys: 3,
  }),
);

/** The schema's own pattern tells what is a name. */
const isName = (pattern: string): boolean => knownNames.every((name) => new RegExp(pattern).test(name));

function texts(schema: JsonSchema & Lengths): Arbitrary<string> {
  const { pattern, maxLength = 40 } = schema;
  if (typeof pattern !== 'string')
    return fc.oneof(oddText, fc.string({ maxLength: Math.min(maxLength, 40) }));
  const made = fc.stringMatching(new RegExp(pattern));
  return isName(pattern) ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...knownNames) }, made) : made;
}

function wholes({ minimum, maximum, exclusiveMinimum, multipleOf = 1 }: Bounds): Arbitrary<number> {
  const least = Math.ceil(
    (minimum ?? (exclusiveMinimum === undefined ? -1e6 : exclusiveMinimum + 1)) / multipleOf,
  );
  const most = Math.floor((maximum ?? Number.MAX_SAFE_INTEGER) / multipleOf);
  return fc.integer({ min: least, max: Math.max(least, most) }).map((value) => value * multipleOf);
}

function numbers({ minimum = -1e9, maximum = 1e9, exclusiveMinimum }: Bounds): Arbitrary<number> {
  const min = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + 1e-6;
  return fc.double({ min, max: Math.max(min, maximum), noNaN: true });
}

function lists(schema: JsonSchema & Lengths): Arbitrary<unknown> {
  const { items, prefixItems, minItems = 0, maxItems = 3 } = schema;
  if (Array.isArray(prefixItems)) return fc.tuple(...prefixItems.map((one: JsonSchema) => valid(one)));
  const item = typeof items === 'object' ? valid(items as JsonSchema) : anything;
  return fc.array(item, { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) });
}

function objects(schema: JsonSchema): Arbitrary<unknown> {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  if (Object.keys(properties).length === 0)
    return fc.dictionary(fc.string({ maxLength: 8 }), anything, { maxKeys: 3 });
  const requiredKeys = (schema.required ?? []) as string[];
  const model = Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, valid(one)]));
  return fc.record(model, { requiredKeys });
}

/** What the schema allows. */
export function valid(schema: JsonSchema): Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.anyOf)) return fc.oneof(...schema.anyOf.map((one: JsonSchema) => valid(one)));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => valid({ ...schema, type })));
  switch (schema.type) {
    case 'string':
      return texts(schema);
    case 'integer':
      return wholes(schema);
    case 'number':
      return numbers(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return lists(schema);
    case 'object':
      return objects(schema);
    default:
      return anything;
  }
}
