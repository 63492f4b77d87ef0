import test from 'ava';
import fc from 'fast-check';
import { cpuMap, splitMaps } from '../../src/libvirt/cpu-map.ts';
import { XdrError } from '../../src/libvirt/errors.ts';
import { decode, encode } from '../../src/libvirt/xdr.ts';

test('a map keeps its CPUs, whatever their order', (t) => {
  const cpus = fc.uniqueArray(fc.nat({ max: 16_383 }), { maxLength: 200 });
  fc.assert(
    fc.property(cpus, (some) => {
      t.deepEqual(
        decode(cpuMap, encode(cpuMap, some)),
        [...some].sort((a, b) => a - b),
      );
    }),
  );
});

test("what is no CPU, or beyond the protocol's bound, is refused", (t) => {
  for (const wrong of [-1, 1.5, Number.NaN, 16_384, 1e12]) {
    t.throws(() => encode(cpuMap, [wrong]), { instanceOf: XdrError });
  }
});

test('maps that stand one behind the other', (t) => {
  t.deepEqual(splitMaps(Uint8Array.of(0b11, 0, 0b100, 1), 2), [
    [0, 1],
    [2, 8],
  ]);
});
