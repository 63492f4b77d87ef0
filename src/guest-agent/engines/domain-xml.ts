/**
 * The one machine that every guest sees, on every cloud (libvirt's domain XML, https://libvirt.org/formatdomain.html).
 * Whatever could differ between two hosts is pinned, because a running guest cannot be shown another machine:
 * machine type, CPU, devices and their PCI addresses. Values are safe in XML as the wire's schemas let them through.
 */
import type { GuestSpec } from '../../wire/agent-methods.ts';

/** In Debian 12's and 13's QEMU alike. A later one may be added for new guests; a guest keeps its own. */
export const machineType = 'pc-q35-7.2';

/**
 * x86-64-v2 (the System V psABI's micro-architecture level) on QEMU's oldest 64-bit model. svm and vmx are off: a
 * guest that saw them could not go to a host without them.
 */
export const cpuBase = 'qemu64';
const cpuRequired = ['cx16', 'lahf_lm', 'popcnt', 'pni', 'sse4.1', 'sse4.2', 'ssse3'] as const;
const cpuDisabled = ['svm', 'vmx'] as const;

/** Features by policy, on a host whose CPU gets some wrong (see `blanket-drivers/cpu-faults.ts`). */
export const cpuFeatures = (faulty: readonly string[]) => ({
  require: cpuRequired.filter((name) => !faulty.includes(name)),
  disable: [...cpuDisabled, ...faulty],
});

export type DomainSources = {
  disk: string;
  /** A file that keeps all the console prints. */
  consoleLog: string;
  bridgeOf(network: string): string;
  mtu: number;
  /** What this host's CPU gets wrong. */
  faultyCpuFeatures: readonly string[];
};

const firstNicSlot = 4;

function cpu(spec: GuestSpec, sources: DomainSources): string {
  const features = cpuFeatures(sources.faultyCpuFeatures);
  const feature = (policy: string) => (name: string) => `    <feature policy='${policy}' name='${name}'/>`;
  // TCG emulates what it is asked for, so there is nothing of the host's to compare with.
  const check = spec.engine === 'tcg' ? 'none' : 'partial';
  return [
    `  <cpu mode='custom' match='exact' check='${check}'>`,
    `    <model fallback='forbid'>${cpuBase}</model>`,
    ...features.require.map(feature('require')),
    ...features.disable.map(feature('disable')),
    '  </cpu>',
  ].join('\n');
}

const address = (slot: number): string =>
  `<address type='pci' domain='0x0000' bus='0x00' slot='0x${slot.toString(16).padStart(2, '0')}' function='0x0'/>`;

const nic = (sources: DomainSources, nic: GuestSpec['nics'][number], index: number): string => `
    <interface type='bridge'>
      <mac address='${nic.mac}'/>
      <source bridge='${sources.bridgeOf(nic.network)}'/>
      <model type='virtio'/>
      <mtu size='${sources.mtu}'/>
      ${address(firstNicSlot + index)}
    </interface>`;

/** cache=none keeps a live migration safe: the destination must not read what lies in the source's page cache. */
const disk = (sources: DomainSources): string => `
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='threads' discard='unmap'/>
      <source file='${sources.disk}'/>
      <target dev='vda' bus='virtio'/>
      ${address(2)}
    </disk>`;

const serial = (sources: DomainSources): string => `
    <serial type='pty'>
      <log file='${sources.consoleLog}' append='on'/>
      <target type='isa-serial' port='0'/>
    </serial>
    <console type='pty'><target type='serial' port='0'/></console>`;

/** The kvm-clock exists under KVM only; the others are the ones that drift or cost exits. */
const clock = (spec: GuestSpec): string => `
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>${spec.engine === 'kvm' ? "\n    <timer name='kvmclock' present='yes'/>" : ''}
  </clock>`;

export function domainXml(spec: GuestSpec, sources: DomainSources): string {
  return `<domain type='${spec.engine === 'tcg' ? 'qemu' : 'kvm'}'>
  <name>${spec.name}</name>
  <uuid>${spec.uuid}</uuid>
  <memory unit='MiB'>${spec.memoryMiB}</memory>
  <vcpu>${spec.vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='${machineType}'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features><acpi/><apic/></features>
${cpu(spec, sources)}${clock(spec)}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>${disk(sources)}${spec.nics
      .map((one, index) => nic(sources, one, index))
      .join('')}${serial(sources)}
    <input type='keyboard' bus='ps2'/>
    <video><model type='none'/></video>
    <memballoon model='virtio'>${address(3)}</memballoon>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend>${address(0x1e)}</rng>
  </devices>
</domain>
`;
}
