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
