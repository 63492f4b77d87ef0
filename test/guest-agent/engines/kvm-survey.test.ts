import test from 'ava';
import { machineIn, machinesIn, stuckIn } from '../../../src/guest-agent/engines/kvm-survey.ts';

const domain = (devices: string) => `<domain type='kvm' id='1'><name>web1</name>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/a' index='1'/><target dev='vda' bus='virtio'/></disk>
    <interface type='bridge'><source bridge='b'/></interface>
    ${devices}
  </devices></domain>`;

test('the machine that a guest runs on is named', (t) => {
  t.is(machineIn(domain('')), 'pc-q35-7.2');
  t.is(machineIn('<domain/>'), null);
});

const devices: [what: string, xml: string, stuck: RegExp | undefined][] = [
  ['its own disk and card', '', undefined],
  ['a PCI device', "<hostdev mode='subsystem' type='pci'/>", /hostdev/],
  [
    'a virtual function',
    "<interface type='hostdev'><mac address='52:54:00:00:00:01'/></interface>",
    /interface/,
  ],
  ['a shared folder', "<filesystem type='mount'><driver type='virtiofs'/></filesystem>", /filesystem/],
  ['shared memory', "<shmem name='s'/>", /shmem/],
  ['an NVDIMM', "<memory model='nvdimm' access='shared'/>", /NVDIMM/],
  ["a disk of the host's NVMe", "<disk type='nvme' device='disk'/>", /NVMe/],
  ['an empty drive', "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>", undefined],
  [
    'a medium',
    "<disk type='file' device='cdrom'><driver name='qemu'/><source file='/x.iso'/><target dev='sda'/></disk>",
    /medium/,
  ],
  [
    'an empty drive before a disk',
    "<disk type='file' device='cdrom'><target dev='sda'/></disk><disk type='file' device='disk'><source file='/b'/></disk>",
    undefined,
  ],
];

for (const [what, xml, stuck] of devices) {
  test(`devices: ${what}`, (t) => {
    const found = stuckIn(domain(xml));
    t.is(found.length, stuck === undefined ? 0 : 1, found.join());
    if (stuck !== undefined) t.regex(found[0] ?? '', stuck);
  });
}

const capabilities = `<capabilities>
  <guest><os_type>hvm</os_type><arch name='i686'><machine>pc-i440fx-9.0</machine>
    <domain type='qemu'/></arch></guest>
  <guest><os_type>hvm</os_type><arch name='x86_64'>
    <machine maxCpus='255'>pc-i440fx-7.2</machine>
    <machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine>
    <domain type='qemu'/>
    <domain type='kvm'><machine maxCpus='8'>pc-q35-6.2</machine></domain></arch></guest>
</capabilities>`;

test('the machines are those of the architecture, and of the engine where it has its own', (t) => {
  t.deepEqual(machinesIn(capabilities, 'tcg'), ['pc-i440fx-7.2', 'q35', 'pc-q35-6.2', 'pc-q35-7.2']);
  t.deepEqual(machinesIn('<capabilities/>', 'kvm'), []);
});
