/** Machines that nobody has seen: whatever the readings are, some driver takes them and its plan can be tried. */
import test from 'ava';
import fc from 'fast-check';
import { detectDriver } from '../../src/blanket-drivers/detect.ts';
import type { Facts } from '../../src/blanket-drivers/facts.ts';
import { driverNamed, drivers } from '../../src/blanket-drivers/registry.ts';
import { machine, recorded } from './machines.ts';

/** Values that real machines show, mixed as no real machine mixes them, and anything at all. */
const valuesOf = (field: string) => [...new Set(recorded.flatMap(({ facts }) => facts.dmi[field] ?? []))];
const fields = [...new Set(recorded.flatMap(({ facts }) => Object.keys(facts.dmi)))];
const dmi = fc
  .subarray(fields)
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map((field) =>
        fc.oneof(fc.constantFrom(...valuesOf(field)), fc.string()).map((value) => [field, value] as const),
      ),
    ),
  )
  .map((entries) => Object.fromEntries(entries));
const leaf = fc.oneof(
  fc.constantFrom(...new Set(recorded.flatMap(({ facts }) => facts.hypervisor.leaf ?? []))),
  fc.string({ maxLength: 12 }),
);
const hypervisor = fc.record(
  { leaf, sysType: fc.constantFrom('xen', ''), sysUuid: fc.oneof(fc.uuid(), fc.string()) },
  { requiredKeys: [] },
);
const someOf = <T>(all: readonly T[]) => fc.subarray([...all], { maxLength: Math.min(4, all.length) });
const anyMachine: fc.Arbitrary<Facts> = fc
  .record({
    dmi,
    hypervisor,
    pci: someOf(recorded.flatMap(({ facts }) => facts.pci)),
    blocks: someOf(recorded.flatMap(({ facts }) => facts.blocks)),
    nics: someOf(recorded.flatMap(({ facts }) => facts.nics)),
    vmbus: someOf(recorded.flatMap(({ facts }) => facts.vmbus)),
    xenbus: someOf(['vbd-51712', 'vif-0']),
    flags: someOf(['hypervisor', 'vmx', 'svm', 'constant_tsc', 'nonstop_tsc']),
  })
  .map((changes) => machine(changes));

test('some driver takes any machine, with a full sentence why', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyMachine, (facts) => {
        const { chosen, why, verdicts } = detectDriver(facts);
        const verdict = verdicts.find(({ driver }) => driver === chosen)?.verdict;
        return (
          verdict !== 'no' && verdicts.length === drivers.length && /^(Found|Nothing) [\s\S]+\.$/.test(why)
        );
      }),
    ),
  );
});

test('its plan has every shim but those of devices that are not there', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(anyMachine, (facts) => {
        const shims =
          driverNamed(detectDriver(facts).chosen)
            ?.plan(facts)
            .map(({ shim }) => shim) ?? [];
        return ['clock', 'entropy', 'console', 'memory', 'nested', 'notices'].every(
          (shim) => shims.filter((one) => one === shim).length === 1,
        );
      }),
    ),
  );
});

test('readings that name nobody end at generic', (t) => {
  const nobody = fc.dictionary(fc.constantFrom(...fields), fc.string({ maxLength: 8 }));
  t.notThrows(() =>
    fc.assert(
      fc.property(nobody, (named) => {
        fc.pre(!Object.values(named).some((value) => /hetzner|vmware|xen|amazon/i.test(value)));
        return detectDriver(machine({ dmi: named, hypervisor: { leaf: 'KVMKVMKVM' } })).chosen === 'generic';
      }),
    ),
  );
});
