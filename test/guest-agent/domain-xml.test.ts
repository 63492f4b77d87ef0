import test from 'ava';
import { faultyCpuFeatures } from '../../src/blanket-drivers/cpu-faults.ts';
import { type DomainSources, domainXml } from '../../src/guest-agent/engines/domain-xml.ts';
import { namesWatchdog } from '../../src/guest-agent/engines/kvm.ts';
import { bridgeOf, tapOf, vxlanOf } from '../../src/guest-agent/network/names.ts';
import { guestSpec } from './spec.ts';

const sources: DomainSources = {
  disk: '/disks/traveller/root.qcow2',
  extraDisk: (name) => `/disks/traveller/${name}.qcow2`,
  consoleLog: '/consoles/traveller.log',
  bridgeOf,
  mtus: new Map([['shared', 1370]]),
  faultyCpuFeatures: [],
  namesWatchdog: true,
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
  t.is(slots.length, 8); // disk, balloon, SATA, serial bus, RNG and the NICs
  t.is(new Set(slots).size, slots.length);
});

const disks = [
  { name: 'data', bytes: 2 ** 30, target: 'vdb' as const },
  { name: 'wal', bytes: 2 ** 30, target: 'vdm' as const },
];

test('a disk has its serial, and the place that its target says, whichever others there are', (t) => {
  const nics = Array.from({ length: 13 }, (_, index) => ({
    mac: `52:54:00:00:00:${index + 10}`,
    network: 'shared',
  }));
  const both = domainXml(guestSpec({ disks, nics }), sources);
  const slots = [...both.matchAll(/slot='(0x[0-9a-f]+)'/g)].map(([, slot]) => slot);
  t.is(new Set(slots).size, slots.length);
  const place = /<target dev='vdm' bus='virtio'\/>\s*<serial>wal<\/serial>\s*(<address [^>]*>)/;
  const alone = domainXml(guestSpec({ disks: disks.slice(1) }), sources);
  t.truthy(place.exec(both)?.[1]);
  t.is(place.exec(both)?.[1], place.exec(alone)?.[1]);
  t.is(
    domainXml(guestSpec({ disks: disks.toReversed() }), sources),
    domainXml(guestSpec({ disks }), sources),
  );
});

test('a guest without further disks has the machine that it always had', (t) => {
  t.is([...domainXml(guestSpec(), sources).matchAll(/<disk /g)].length, 1);
});

test('device names of the longest network fit in 15 characters and differ', (t) => {
  const long = `n${'x'.repeat(39)}`;
  for (const name of ['a', long]) {
    t.true(bridgeOf(name).length <= 15);
    t.not(bridgeOf(name), vxlanOf(name));
  }
  t.not(bridgeOf('a'), bridgeOf(long));
});

test('a pinned CPU is shown as it is, whatever the host gets wrong', (t) => {
  const cpu = {
    ...{ choice: 'baseline' as const, nested: false, model: 'EPYC' },
    ...{ features: ['avx2', 'cx16'], disabled: ['rdseed', 'svm', 'vmx'] },
  };
  const xml = domainXml(guestSpec({ cpu }), { ...sources, faultyCpuFeatures: ['cx16'] });
  t.is(
    /<cpu .*<\/cpu>/s.exec(xml)?.[0],
    `<cpu mode='custom' match='exact' check='partial'>
    <model fallback='forbid'>EPYC</model>
    <feature policy='require' name='avx2'/>
    <feature policy='require' name='cx16'/>
    <feature policy='disable' name='rdseed'/>
    <feature policy='disable' name='svm'/>
    <feature policy='disable' name='vmx'/>
  </cpu>`,
  );
});

test('every PCI device, the agent’s channel and its bus have a place that is written down', (t) => {
  const xml = domainXml(guestSpec(), sources);
  const devices = [
    'disk',
    'interface',
    'memballoon',
    'rng',
    "controller type='sata'",
    "controller type='virtio-serial'",
  ];
  for (const device of devices) {
    const element = new RegExp(`<${device}[ >].*?</${device.split(' ')[0]}>`, 's').exec(xml)?.[0] ?? '';
    t.regex(
      element,
      /<address type='pci' domain='0x0000' bus='0x00' slot='0x[0-9a-f]{2}' function='0x[0-7]'\/>/,
      device,
    );
  }
  t.regex(
    xml,
    /name='org\.qemu\.guest_agent\.0'\/>\s+<address type='virtio-serial' controller='0' bus='0' port='1'\/>/,
  );
});

test('the watchdog of q35 is named where libvirt knows its name, and only there', (t) => {
  const versions: [string, boolean][] = [
    ['9.0.0', false],
    ['9.1.0', true],
    ['10.0.0', true],
    ['11.3.0', true],
    ['8.9.1', false],
  ];
  for (const [version, known] of versions) t.is(namesWatchdog(version), known, version);
  t.regex(domainXml(guestSpec(), sources), /<watchdog model='itco' action='reset'\/>/);
  t.notRegex(domainXml(guestSpec(), { ...sources, namesWatchdog: false }), /watchdog/);
});

test('each card has a tap of a name that is the same on every host and that libvirt keeps', (t) => {
  const nics = ['52:54:00:12:34:56', '02:ab:cd:ef:01:23'].map((mac) => ({ mac, network: 'shared' }));
  const targets = [...domainXml(guestSpec({ nics }), sources).matchAll(/<target dev='(bt[^']*)'\/>/g)];
  t.deepEqual(
    targets.map(([, name]) => name),
    ['bt525400123456', 'bt02abcdef0123'],
  );
  t.true(tapOf('52:54:00:12:34:56').length <= 15);
});

test('the serial number tells cloud-init where the guest’s data is, and only a guest that can ask', (t) => {
  const xml = domainXml(guestSpec(), sources);
  t.regex(xml, /<entry name='serial'>ds=nocloud;s=http:\/\/169\.254\.169\.254\/nocloud\/<\/entry>/);
  t.regex(xml, /<os>.*<smbios mode='sysinfo'\/>.*<\/os>/s);
  t.notRegex(domainXml(guestSpec({ nics: [] }), sources), /smbios|ds=nocloud/);
});
