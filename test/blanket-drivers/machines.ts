/** Machines that drivers are tried on: readings as taken on real ones, and near misses made from them. */
import type { Facts } from '../../src/blanket-drivers/facts.ts';

type Pci = Facts['pci'][number];
type Changes = Partial<Omit<Facts, 'cpu' | 'version'>> & { flags?: string[] };

const pci = (id: string, driver: string, address = '0000:00:03.0', klass = '010000'): Pci => ({
  address,
  vendor: id.slice(0, 4),
  device: id.slice(5),
  class: klass,
  driver,
});

const virtioBlk = pci('1af4:1001', 'virtio-pci', '0000:00:04.0');
const virtioNet = pci('1af4:1000', 'virtio-pci', '0000:00:03.0', '020000');
const pvscsi = pci('15ad:07c0', 'vmw_pvscsi', '0000:00:05.0');
const vmxnet3 = pci('15ad:07b0', 'vmxnet3', '0000:00:03.0', '020000');
const vmci = pci('15ad:0740', 'vmw_vmci', '0000:00:07.7', '088000');
const vmwareSvga = pci('15ad:0405', 'vmwgfx', '0000:00:0f.0', '030000');

export const machine = ({ flags = ['hypervisor', 'svm', 'npt'], ...changes }: Changes = {}): Facts => ({
  version: 1,
  kernel: '6.12.57+deb13-amd64',
  hypervisor: {},
  cpu: { vendor: 'AuthenticAMD', model: 'AMD EPYC', count: 2, flags },
  dmi: {},
  pci: [],
  blocks: [{ name: 'vda', driver: 'virtio_blk', bytes: 4294967296, scheduler: 'none' }],
  nics: [
    { name: 'ens3', driver: 'virtio_net', mac: '52:54:00:00:00:01', mtu: 1500, addresses: ['10.0.2.15/24'] },
  ],
  clock: { current: 'tsc', available: ['tsc', 'hpet', 'acpi_pm'] },
  kvm: { device: true, nested: true },
  vmbus: [],
  xenbus: [],
  ptp: [],
  consoles: [],
  ...changes,
});

const vmwareDmi = { sys_vendor: 'VMware, Inc.', product_name: 'VMware Virtual Platform' };
const novaDmi = { sys_vendor: 'OpenStack Foundation', product_name: 'OpenStack Nova' };

export type Case = { name: string; facts: Facts; chosen: string; certain: boolean };

export const cases: Case[] = [
  {
    name: 'Nova on KVM',
    facts: machine({ dmi: novaDmi, hypervisor: { leaf: 'KVMKVMKVM' }, pci: [virtioBlk, virtioNet] }),
    chosen: 'openstack-kvm',
    certain: true,
  },
  {
    name: "RHEL's Nova on KVM",
    facts: machine({
      dmi: { sys_vendor: 'Red Hat', product_name: 'OpenStack Compute' },
      hypervisor: { leaf: 'KVMKVMKVM' },
    }),
    chosen: 'openstack-kvm',
    certain: true,
  },
  {
    name: 'a public OpenStack with its own asset tag',
    facts: machine({
      dmi: { sys_vendor: 'QEMU', chassis_asset_tag: 'OpenTelekomCloud' },
      hypervisor: { leaf: 'KVMKVMKVM' },
    }),
    chosen: 'openstack-kvm',
    certain: true,
  },
  {
    name: "the local cloud's openstack-kvm profile under QEMU's emulator",
    facts: machine({ dmi: novaDmi, hypervisor: { leaf: 'TCGTCGTCGTCG' }, pci: [virtioBlk, virtioNet] }),
    chosen: 'openstack-kvm',
    certain: true,
  },
  {
    name: 'near miss: Nova on Xen',
    facts: machine({ dmi: novaDmi, hypervisor: { leaf: 'XenVMMXenVMM', sysType: 'xen' } }),
    chosen: 'generic',
    certain: false,
  },
  {
    name: 'near miss: Nova on bare metal (Ironic) or with the leaf hidden',
    facts: machine({ dmi: novaDmi, hypervisor: {} }),
    chosen: 'openstack-kvm',
    certain: false,
  },
  {
    name: 'near miss: plain QEMU/KVM with virtio',
    facts: machine({
      dmi: { sys_vendor: 'QEMU', product_name: 'Standard PC (i440FX + PIIX, 1996)' },
      hypervisor: { leaf: 'KVMKVMKVM' },
      pci: [virtioBlk, virtioNet],
    }),
    chosen: 'generic',
    certain: false,
  },
  {
    name: 'ESXi',
    facts: machine({
      dmi: vmwareDmi,
      hypervisor: { leaf: 'VMwareVMware' },
      pci: [pvscsi, vmxnet3, vmci, vmwareSvga],
    }),
    chosen: 'vmware',
    certain: true,
  },
  {
    name: "the local cloud's vmware profile under QEMU's emulator",
    facts: machine({ dmi: vmwareDmi, hypervisor: { leaf: 'TCGTCGTCGTCG' }, pci: [pvscsi, vmxnet3] }),
    chosen: 'vmware',
    certain: true,
  },
  {
    name: 'Nova on vSphere: VMware writes the DMI strings',
    facts: machine({
      dmi: { ...vmwareDmi, chassis_asset_tag: 'No Asset Tag' },
      hypervisor: { leaf: 'VMwareVMware' },
      pci: [vmxnet3, pvscsi],
    }),
    chosen: 'vmware',
    certain: true,
  },
  {
    name: 'near miss: VMware strings with emulated devices only',
    facts: machine({
      dmi: vmwareDmi,
      hypervisor: { leaf: 'TCGTCGTCGTCG' },
      pci: [pci('8086:100f', 'e1000')],
    }),
    chosen: 'vmware',
    certain: false,
  },
  {
    name: "near miss: KVM that lends out VMware's devices",
    facts: machine({
      dmi: { sys_vendor: 'QEMU' },
      hypervisor: { leaf: 'KVMKVMKVM' },
      pci: [pvscsi, vmxnet3],
    }),
    chosen: 'generic',
    certain: false,
  },
  {
    name: "near miss: QEMU with VMware's display card",
    facts: machine({ dmi: { sys_vendor: 'QEMU' }, hypervisor: { leaf: 'KVMKVMKVM' }, pci: [vmwareSvga] }),
    chosen: 'generic',
    certain: false,
  },
  { name: 'a machine that tells nothing', facts: machine({ flags: [] }), chosen: 'generic', certain: false },
];
