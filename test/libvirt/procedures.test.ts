/** The table of calls as a whole: every codec keeps its promises for any bytes. */
import test from 'ava';
import fc from 'fast-check';
import { XdrError } from '../../src/libvirt/errors.ts';
import { allProcedures } from '../../src/libvirt/procedures/all.ts';
import { domainCalls } from '../../src/libvirt/procedures/domain.ts';
import { typedParameters } from '../../src/libvirt/typed-parameters.ts';
import { nodeInfo } from '../../src/libvirt/wire-structures.ts';
import { decode, encode } from '../../src/libvirt/xdr.ts';

test('each procedure has a number and a name of its own', (t) => {
  t.is(
    new Set(allProcedures.map(({ program, number }) => `${program}/${number}`)).size,
    allProcedures.length,
  );
  t.is(domainCalls.domainGetState.name, 'domainGetState');
  t.is(domainCalls.domainGetState.number, 212);
});

test('typed parameters keep name, type and value', (t) => {
  const parameter = fc.oneof(
    fc.record({ field: fc.constant('a'), type: fc.constant('int' as const), value: fc.integer() }),
    fc.record({ field: fc.constant('b'), type: fc.constant('uint' as const), value: fc.nat() }),
    fc.record({ field: fc.constant('c'), type: fc.constant('double' as const), value: fc.double() }),
    fc.record({ field: fc.constant('d'), type: fc.constant('boolean' as const), value: fc.boolean() }),
    fc.record({
      field: fc.constant('e'),
      type: fc.constantFrom('llong' as const, 'ullong' as const),
      value: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    }),
    fc.record({
      field: fc.constant('f'),
      type: fc.constant('string' as const),
      value: fc.string().filter((value) => !value.includes('\0')),
    }),
  );
  fc.assert(
    fc.property(fc.array(parameter, { maxLength: 64 }), (parameters) => {
      t.deepEqual(decode(typedParameters, encode(typedParameters, parameters)), parameters);
    }),
  );
});

test('typed parameters are bounded, in number, name and type', (t) => {
  const one = { field: 'x', type: 'int', value: 1 } as const;
  t.throws(() => encode(typedParameters, Array(65).fill(one)), { instanceOf: XdrError });
  t.throws(() => encode(typedParameters, [{ ...one, field: 'x'.repeat(80) }]), { instanceOf: XdrError });
  // libvirt's own client refuses a longer name as well (virTypedParamsDeserialize).
  const long = Buffer.concat([Buffer.from('0000000100000050', 'hex'), Buffer.alloc(88, 'x')]);
  t.throws(() => decode(typedParameters, long), { instanceOf: XdrError, message: /over the bound of 79/ });
  const bytes = encode(typedParameters, [one]);
  bytes.writeUInt32BE(8, 12);
  t.throws(() => decode(typedParameters, bytes), { message: /"x" has the unknown type 8/ });
});

test('a text in a field of fixed size ends at its NUL', (t) => {
  const value = {
    model: 'x86_64',
    memory: 1,
    cpus: 2,
    mhz: 3,
    nodes: 4,
    sockets: 5,
    cores: 6,
    threads: 7,
  };
  const bytes = encode(nodeInfo, value);
  t.is(bytes.length, 32 * 4 + 8 + 6 * 4);
  t.deepEqual(decode(nodeInfo, bytes), value);
});
