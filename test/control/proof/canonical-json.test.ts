import test from 'ava';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/control/proof/canonical-json.ts';

test('keys are in the order of RFC 8785, 3.2.3', (t) => {
  const keys = { '€': 1, '\r': 2, '\ufb33': 3, '1': 4, '😂': 5, '\u0080': 6, ö: 7 };
  t.deepEqual(Object.values(JSON.parse(canonicalJson({ a: keys })).a).length, 7);
  const order = [...canonicalJson(keys).matchAll(/:(\d)/g)].map(([, n]) => Number(n));
  t.deepEqual(order, [2, 4, 6, 7, 1, 5, 3]);
});

test('it says what JSON.stringify says, whatever the order of the keys', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      t.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      t.is(canonicalJson(reversed(value)), canonicalJson(value));
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, reversed(field)]),
  );
}
