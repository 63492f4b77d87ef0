import test from 'ava';
import { faultyCpuFeatures } from '../../src/blanket-drivers/cpu-faults.ts';
import { type DomainSources, domainXml } from '../../src/guest-agent/engines/domain-xml.ts';
import { bridgeOf, vxlanOf } from '../../src/guest-agent/network.ts';
import { guestSpec } from './spec.ts';

const sources: DomainSources = {
  disk: '/disks/traveller/root.qcow2',
  consoleLog: '/consoles/traveller.log',
  bridgeOf,
  mtu: 1370,
  faultyCpuFeatures: [],
};

test('the same spec makes the same machine, and only type, CPU check and kvm-clock differ between kvm and tcg', (t) => {
  const kvm = domainXml(guestSpec(), sources);
  t.is(kvm, domainXml(guestSpec(), sources));
  const differing = domainXml(guestSpec({ engine: 'tcg' }), sources)
    .split('\n')
    .filter((line) => !kvm.split('\n').includes(line));
  t.deepEqual(differing, ["<domain type='qemu'>", "  <cpu mode='custom' match='exact' check='none'>"]);
});

test('what a safe migration needs is pinned', (t) => {
  const xml = domainXml(guestSpec(), sources);
  t.regex(xml, /machine='pc-q35-\d+\.\d+'/);
  t.regex(xml, /cache='none'/);
  t.regex(xml, /<feature policy='disable' name='svm'\/>/);
  t.regex(xml, /<feature policy='disable' name='vmx'\/>/);
  t.notRegex(xml, /<graphics/);
});

test('a feature that the host gets wrong is hidden, and required everywhere else', (t) => {
  t.regex(domainXml(guestSpec(), sources), /<feature policy='require' name='cx16'\/>/);
  const faulty = domainXml(guestSpec(), { ...sources, faultyCpuFeatures: faultyCpuFeatures('TCGTCGTCGTCG') });
  t.regex(faulty, /<feature policy='disable' name='cx16'\/>/);
  t.notRegex(faulty, /<feature policy='require' name='cx16'\/>/);
  t.deepEqual(faultyCpuFeatures('KVMKVMKVM'), []);
});

test('no two devices share a PCI address', (t) => {
  const nics = [0, 1, 2].map((index) => ({ mac: `52:54:00:00:00:0${index}`, network: 'shared' }));
  const slots = [...domainXml(guestSpec({ nics }), sources).matchAll(/slot='(0x[0-9a-f]+)'/g)].map(
    ([, slot]) => slot,
  );
  t.is(slots.length, 6);
  t.is(new Set(slots).size, slots.length);
});

test('device names of the longest network fit in 15 characters and differ', (t) => {
  const long = `n${'x'.repeat(39)}`;
  for (const name of ['a', long]) {
    t.true(bridgeOf(name).length <= 15);
    t.not(bridgeOf(name), vxlanOf(name));
  }
  t.not(bridgeOf('a'), bridgeOf(long));
});
