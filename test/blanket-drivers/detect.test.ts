import test from 'ava';
import { detectDriver } from '../../src/blanket-drivers/detect.ts';
import type { Driver, Scope, Verdict } from '../../src/blanket-drivers/driver.ts';
import { drivers } from '../../src/blanket-drivers/registry.ts';
import { machine, recorded, recordedAs } from './machines.ts';

for (const { name, facts, expect } of recorded) {
  test(`${name}: ${expect.driver}, ${expect.verdict}`, (t) => {
    const detection = detectDriver(facts);
    t.is(detection.chosen, expect.driver, detection.why);
    const verdict = detection.verdicts.find(({ driver }) => driver === expect.driver);
    t.is(verdict?.verdict, expect.verdict);
    const claims = detection.verdicts.filter(
      (one) => one.verdict === 'found' && one.driver !== expect.driver,
    );
    t.deepEqual(claims, []);
  });
}

test('every driver but generic knows two real machines', (t) => {
  for (const { name } of drivers.filter(({ scope }) => scope !== 'anything')) {
    const real = recorded.filter(
      (one) =>
        one.expect.driver === name && one.expect.verdict === 'found' && !/local-profile|near-/.test(one.name),
    );
    t.true(real.length >= 2, `${name} has ${real.length}`);
  }
});

test('a near miss says why it is one', (t) => {
  const silent = recorded.filter(({ name, why }) => name.startsWith('near-') && why === undefined);
  t.deepEqual(
    silent.map(({ name }) => name),
    [],
  );
});

test('every verdict of every driver has evidence, in clauses that a sentence can hold', (t) => {
  for (const { name, facts } of recorded) {
    for (const driver of drivers) {
      const { evidence } = driver.detect(facts);
      t.true(evidence.length > 0, `${driver.name} on ${name}`);
      for (const clause of evidence) t.notRegex(clause, /[;\n]|\.$/, `${driver.name} on ${name}: ${clause}`);
    }
  }
});

test('evidence tells of the leaf that a test cloud cannot have', (t) => {
  const { why } = detectDriver(recordedAs('vmware-local-profile').facts);
  t.regex(why, /TCGTCGTCGTCG/);
  t.regex(why, /pvscsi 15ad:07c0/);
  t.regex(detectDriver(recordedAs('aws-nitro-local-profile').facts).why, /which is QEMU's emulator/);
});

test('contradictions are told', (t) => {
  const evidenceOf = (name: string, driver: string) =>
    drivers
      .find((one) => one.name === driver)
      ?.detect(recordedAs(name).facts)
      .evidence.join('; ') ?? '';
  t.regex(evidenceOf('near-aws-kvm-random-uuid', 'aws-nitro'), /begins with ec2, but DMI vendor is "QEMU"/);
  t.regex(evidenceOf('near-azure-copied-tag', 'azure'), /but DMI vendor is "QEMU"/);
  t.regex(evidenceOf('near-openstack-on-xen', 'openstack-kvm'), /which is not what OpenStack runs on/);
  t.regex(evidenceOf('azure-gen1', 'hyperv'), /asset tag is Azure's/);
  t.regex(evidenceOf('aws-nitro-swapped-uuid', 'aws-nitro'), /bytes swapped/);
  t.regex(evidenceOf('aws-nitro-metal', 'aws-nitro'), /bare metal.*m5\.metal is bare metal/);
  t.regex(evidenceOf('openstack-kvm-own-xen', 'openstack-kvm'), /dom0 of a Xen of its own/);
});

test('KVM that poses as Hyper-V leaves the name in doubt, a VMBus denies it', (t) => {
  const posing = { dmi: { product_name: 'OpenStack Nova' }, hypervisor: { leaf: 'Microsoft Hv' } };
  const detect = drivers.find(({ name }) => name === 'openstack-kvm')?.detect;
  t.is(detect?.(machine(posing)).verdict, 'maybe');
  t.is(detect?.(machine({ ...posing, vmbus: ['f8615163-df3e-46c5-913f-f2d2f965ed0e'] })).verdict, 'no');
});

const says = (name: string, verdict: Verdict, scope: Scope = 'cloud'): Driver => ({
  ...{ name, title: name, scope, signs: name, sources: [] },
  detect: () => ({ verdict, evidence: [`${name} looked`] }),
  plan: () => [],
});

const policyTable: [drivers: Driver[], chosen: string, why: RegExp][] = [
  [[says('a', 'maybe'), says('b', 'found', 'anything')], 'b', /^Found b: b looked\.$/],
  [[says('a', 'found', 'hypervisor'), says('b', 'found')], 'b', /certain too, and behind it: a/],
  [[says('a', 'found'), says('b', 'found')], 'a', /certain too, and behind it: b/],
  [
    [says('a', 'maybe', 'anything'), says('b', 'maybe', 'hypervisor')],
    'b',
    /^Nothing is certain; b fits best/,
  ],
  [[says('a', 'no'), says('b', 'maybe', 'anything')], 'b', /^Nothing is certain/],
];
for (const [candidates, chosen, why] of policyTable) {
  const told = candidates
    .map((one) => `${one.name} ${one.scope} ${one.detect(machine()).verdict}`)
    .join(', ');
  test(`policy: of ${told}, ${chosen} is chosen`, (t) => {
    const detection = detectDriver(machine(), undefined, candidates);
    t.is(detection.chosen, chosen);
    t.regex(detection.why, why);
  });
}

test('no driver at all is an error', (t) => {
  t.throws(() => detectDriver(machine(), undefined, [says('a', 'no')]), {
    message: /No driver takes this host/,
  });
});

test("the user's word wins, even over a no, and the verdicts stay visible", (t) => {
  const { facts } = recordedAs('openstack-kvm-nova');
  const detection = detectDriver(facts, 'azure');
  t.is(detection.chosen, 'azure');
  t.is(
    detection.why,
    'The user chose azure, whose own verdict is "no"; by the facts it would be openstack-kvm.',
  );
  t.is(detection.verdicts.find(({ driver }) => driver === 'openstack-kvm')?.verdict, 'found');
  t.is(
    detectDriver(facts, 'openstack-kvm').why,
    'The user chose openstack-kvm, whose own verdict is "found".',
  );
});

test('a user naming no driver is told which there are', (t) => {
  t.throws(() => detectDriver(machine(), 'nope'), { message: /aws-nitro, .*openstack-kvm, .*generic/ });
});
