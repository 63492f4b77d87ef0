import test from 'ava';
import { detectDriver } from '../../src/blanket-drivers/detect.ts';
import { factsSchema } from '../../src/blanket-drivers/facts.ts';
import { driverNamed, drivers } from '../../src/blanket-drivers/registry.ts';
import { cases, machine } from './machines.ts';

for (const { name, facts, chosen, certain } of cases) {
  test(`${name}: ${chosen}${certain ? '' : ', not certain'}`, (t) => {
    const detection = detectDriver(factsSchema.parse(facts));
    t.is(detection.chosen, chosen);
    const verdict = detection.verdicts.find(({ driver }) => driver === chosen);
    t.is(verdict?.verdict, certain ? 'found' : 'maybe');
    t.true((verdict?.evidence.length ?? 0) > 0);
  });
}

test('at most one driver is certain of any machine', (t) => {
  for (const { facts, name } of cases) {
    const found = drivers.filter((driver) => driver.detect(facts).verdict === 'found');
    t.true(found.length <= 1, name);
  }
});

test('evidence tells of the leaf that VMware cannot have', (t) => {
  const local = cases.find(({ name }) => name.includes('vmware profile'));
  const why = detectDriver(local?.facts ?? machine()).why;
  t.regex(why, /TCGTCGTCGTCG/);
  t.regex(why, /pvscsi 15ad:07c0/);
});

test("the user's word wins, and the verdicts stay visible", (t) => {
  const detection = detectDriver(cases[0]?.facts ?? machine(), 'generic');
  t.is(detection.chosen, 'generic');
  t.is(detection.verdicts.find(({ driver }) => driver === 'openstack-kvm')?.verdict, 'found');
});

test('a user naming no driver is told which there are', (t) => {
  t.throws(() => detectDriver(machine(), 'nope'), { message: /openstack-kvm, vmware, generic/ });
});

test('two certain drivers: the first is taken and the other is named', (t) => {
  const sure = (name: string) => ({
    title: name,
    name,
    detect: () => ({ verdict: 'found' as const, evidence: [name] }),
    plan: () => [],
  });
  const detection = detectDriver(machine(), undefined, [sure('one'), sure('two')]);
  t.is(detection.chosen, 'one');
  t.regex(detection.why, /two claims the host too/);
});

test('every plan has nested virtualization last and names only what is there', (t) => {
  for (const { facts } of cases) {
    for (const driver of drivers) {
      const plan = driver.plan(facts);
      t.is(plan.at(-1)?.shim, 'nested');
      for (const item of plan) {
        if (item.shim === 'nic') t.true(facts.nics.some(({ name }) => name === item.name));
        if (item.shim === 'disk') t.true(facts.blocks.some(({ name }) => name === item.name));
      }
    }
  }
});

test('vmware turns LRO off', (t) => {
  const nic = driverNamed('vmware')
    ?.plan(machine())
    .find(({ shim }) => shim === 'nic');
  t.deepEqual(nic, { shim: 'nic', name: 'ens3', queueLength: 2000, offloads: { lro: false } });
});
