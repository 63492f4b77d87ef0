import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { filesUnder } from '../../src/blanket-drivers/access.ts';
import { readFacts } from '../../src/blanket-drivers/read-facts.ts';
import { fakeRoot } from './fake-root.ts';

const pvscsi = '/sys/devices/pci0000:00/0000:00:05.0';
const nic = '/sys/devices/pci0000:00/0000:00:03.0';

const vmwareRoot = {
  '/proc/sys/kernel/osrelease': '6.12.57\n',
  '/proc/cpuinfo': [
    'processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: QEMU TCG CPU\nflags\t\t: fpu svm hypervisor npt\n',
    'processor\t: 1\nvendor_id\t: AuthenticAMD\nmodel name\t: QEMU TCG CPU\nflags\t\t: fpu svm hypervisor npt\n',
  ].join('\n'),
  '/sys/class/dmi/id/sys_vendor': 'VMware, Inc.\n',
  [`${pvscsi}/vendor`]: '0x15ad\n',
  [`${pvscsi}/device`]: '0x07c0\n',
  [`${pvscsi}/class`]: '0x010700\n',
  [`${pvscsi}/driver`]: '->../../../bus/pci/drivers/vmw_pvscsi',
  '/sys/bus/pci/devices/0000:00:05.0': '->../../../devices/pci0000:00/0000:00:05.0',
  [`${pvscsi}/host0/target0:0:0/0:0:0:0/driver`]: '->../../../../../../../bus/scsi/drivers/sd',
  [`${pvscsi}/host0/target0:0:0/0:0:0:0/model`]: 'QEMU HARDDISK   \n',
  [`${pvscsi}/host0/target0:0:0/0:0:0:0/block/sda/size`]: '8388608\n',
  [`${pvscsi}/host0/target0:0:0/0:0:0:0/block/sda/queue/scheduler`]: 'none [mq-deadline] kyber\n',
  [`${pvscsi}/host0/target0:0:0/0:0:0:0/block/sda/device`]: '->../../../0:0:0:0',
  '/sys/block/sda': '->../devices/pci0000:00/0000:00:05.0/host0/target0:0:0/0:0:0:0/block/sda',
  [`${nic}/driver`]: '->../../../bus/pci/drivers/vmxnet3',
  '/sys/class/net/ens3/device': '->../../../devices/pci0000:00/0000:00:03.0',
  '/sys/class/net/ens3/address': '52:54:00:00:00:01\n',
  '/sys/class/net/ens3/mtu': '1500\n',
  '/sys/class/net/lo/address': '00:00:00:00:00:00\n',
  '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
  '/sys/devices/system/clocksource/clocksource0/available_clocksource': 'tsc hpet acpi_pm \n',
  '/sys/module/kvm_amd/parameters/nested': '1\n',
  '/dev/kvm': '',
  '/dev/cpu/0/cpuid': '',
};

const ipJson = JSON.stringify([
  { ifname: 'lo', addr_info: [{ local: '127.0.0.1', prefixlen: 8 }] },
  { ifname: 'ens3', addr_info: [{ local: '10.0.2.15', prefixlen: 24 }] },
]);

function withLeaf(root: string): void {
  const path = join(root, '/dev/cpu/0/cpuid');
  truncateSync(path, 0x40000000); // sparse: the leaf is the file position
  writeFileSync(path, Buffer.from('\x01\x00\x00\x40TCGTCGTCGTCG', 'latin1'), { flag: 'a' });
}

test('every reading of a VMware-like host', async (t) => {
  const root = fakeRoot(vmwareRoot);
  withLeaf(root);
  const exec = async (command: string) => (command === 'ip' ? ipJson : 'vmware\n');
  const facts = await readFacts({ exec, files: filesUnder(root) });
  t.is(facts.hypervisor.leaf, 'TCGTCGTCGTCG');
  t.is(facts.hypervisor.systemd, 'vmware');
  t.deepEqual(facts.cpu.flags, ['hypervisor', 'svm', 'npt']);
  t.is(facts.cpu.count, 2);
  t.deepEqual(facts.dmi, { sys_vendor: 'VMware, Inc.' });
  t.deepEqual(facts.pci, [
    { address: '0000:00:05.0', vendor: '15ad', device: '07c0', class: '010700', driver: 'vmw_pvscsi' },
  ]);
  t.deepEqual(facts.blocks, [
    {
      name: 'sda',
      driver: 'vmw_pvscsi',
      model: 'QEMU HARDDISK',
      bytes: 4294967296,
      scheduler: 'mq-deadline',
    },
  ]);
  t.deepEqual(facts.nics, [
    { name: 'ens3', driver: 'vmxnet3', mac: '52:54:00:00:00:01', mtu: 1500, addresses: ['10.0.2.15/24'] },
  ]);
  t.deepEqual(facts.kvm, { device: true, nested: true });
});

test('an empty machine where no program runs still has facts', async (t) => {
  const exec = () => Promise.reject(new Error('no such program'));
  const facts = await readFacts({ exec, files: filesUnder(fakeRoot({})) });
  t.deepEqual(facts.hypervisor, {});
  t.deepEqual(facts.pci, []);
  t.deepEqual(facts.kvm, { device: false, nested: false });
});

/** The facts of a machine with these files and no programs. */
const factsOf = (files: Record<string, string>) =>
  readFacts({
    exec: () => Promise.reject(new Error('no such program')),
    files: filesUnder(fakeRoot(files)),
  });

test('VMBus: the class of each device, without braces', async (t) => {
  const { vmbus } = await factsOf({
    '/sys/bus/vmbus/devices/00000000-0000-8899-0000-000000000000/class_id':
      '{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}\n',
    '/sys/bus/vmbus/devices/000d3a12-3456-000d-3a12-3456000d3a12/class_id':
      '{f8615163-df3e-46c5-913f-f2d2f965ed0e}\n',
    '/sys/bus/vmbus/devices/gone-before-it-was-read/vendor': '0x1414\n',
  });
  t.deepEqual(vmbus, ['ba6163d9-04a1-4d29-b605-72e2ffb1dc7f', 'f8615163-df3e-46c5-913f-f2d2f965ed0e']);
});

test('xenbus: devices by name', async (t) => {
  const { xenbus } = await factsOf({
    '/sys/bus/xen/devices/vif-0/devtype': 'vif\n',
    '/sys/bus/xen/devices/vbd-51712/devtype': 'vbd\n',
  });
  t.deepEqual(xenbus, ['vbd-51712', 'vif-0']);
});

test('PTP clocks by the name that their driver gives', async (t) => {
  const { ptp } = await factsOf({
    '/sys/class/ptp/ptp0/clock_name': 'KVM virtual PTP\n',
    '/sys/class/ptp/ptp1/clock_name': 'ena-ptp-05\n',
  });
  t.deepEqual(ptp, ['KVM virtual PTP', 'ena-ptp-05']);
});

test('entropy: the source in use and the others; nothing where the kernel has none', async (t) => {
  const { entropy } = await factsOf({
    '/sys/class/misc/hw_random/rng_current': 'virtio_rng.0\n',
    '/sys/class/misc/hw_random/rng_available': 'virtio_rng.0 tpm-rng-0 \n',
  });
  t.deepEqual(entropy, { current: 'virtio_rng.0', available: ['virtio_rng.0', 'tpm-rng-0'] });
  t.is((await factsOf({})).entropy, undefined);
});

test("consoles in the kernel's order, memory in bytes", async (t) => {
  const facts = await factsOf({
    '/sys/class/tty/console/active': 'tty0 ttyS0\n',
    '/proc/meminfo': 'MemTotal:        1519872 kB\nMemFree:          913408 kB\n',
  });
  t.deepEqual(facts.consoles, ['tty0', 'ttyS0']);
  t.is(facts.memoryBytes, 1519872 * 1024);
});

test('disks that are only stacked, in memory or on the network are no disks of the machine', async (t) => {
  const { blocks } = await factsOf({
    '/sys/block/nbd0/size': '0\n',
    '/sys/block/dm-0/size': '4096\n',
    '/sys/block/vda/size': '4096\n',
  });
  t.deepEqual(blocks, [{ name: 'vda', bytes: 4096 * 512 }]);
});

test('a NIC without addresses, told by an ip that leaves things out', async (t) => {
  const root = fakeRoot({
    '/sys/class/net/ens4/device/vendor': '0x1af4\n',
    '/sys/class/net/ens4/address': '52:54:00:00:00:02\n',
    '/sys/class/net/ens4/mtu': '1460\n',
  });
  const exec = async () => JSON.stringify([{}, { ifname: 'ens4', addr_info: [{}] }]);
  const { nics } = await readFacts({ exec, files: filesUnder(root) });
  t.deepEqual(nics, [{ name: 'ens4', mac: '52:54:00:00:00:02', mtu: 1460, addresses: [] }]);
});
