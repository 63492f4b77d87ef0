/**
 * The one machine that every guest sees, on every cloud (libvirt's domain XML, https://libvirt.org/formatdomain.html).
 * Whatever could differ between two hosts is pinned, because a running guest cannot be shown another machine:
 * machine type, CPU, devices and their PCI addresses. What libvirt would add by itself is named here as well, so that
 * no version of it adds or moves a device. `docs/guest-machine.md` is the table of it. Values are safe in XML as the
 * wire's schemas let them through.
 */

import { type GuestCpu, portableCpu, portableModel } from '../../wire/cpu.ts';
import { type Disk, diskTargets, rootTarget } from '../../wire/disk.ts';
import type { GuestSpec } from '../../wire/guest-spec.ts';
import { tapOf } from '../network/names.ts';
import { virtTypeOf } from './cpu.ts';

/** In Debian 12's and 13's QEMU alike. A later one may be added for new guests; a guest keeps its own. */
export const machineType = 'pc-q35-7.2';

/** The portable CPU as QEMU's own option has it; see `wire/cpu.ts`. */
export const cpuBase = portableModel;

/** Features by policy, on a host whose CPU gets some wrong (see `blanket-drivers/cpu-faults.ts`). */
export const cpuFeatures = (faulty: readonly string[]): { require: string[]; disable: string[] } => {
  const { features, disabled } = portableCpu(faulty);
  return { require: features, disable: disabled };
};

export type DomainSources = {
  /** The root disk's file. */
  disk: string;
  /** The file of a disk beside it, by the disk's name. */
  extraDisk(name: string): string;
  /** A file that keeps all the console prints. */
  consoleLog: string;
  bridgeOf(network: string): string;
  /** Bytes, by the network's name. One that is not named has the card's own default. */
  mtus: ReadonlyMap<string, number>;
  /** What this host's CPU gets wrong: for guests whose CPU was not pinned when they were made. */
  faultyCpuFeatures: readonly string[];
  /** libvirt names q35's own watchdog since 9.1, and adds it to what leaves it out; before that it knows no such name. */
  namesWatchdog: boolean;
};

/** All on the root bus, so that no root port is needed. NICs have 0x04 to 0x10, disks beside the root disk 0x11 to 0x1c. */
const slots = {
  disk: 0x02,
  balloon: 0x03,
  firstNic: 0x04,
  firstExtra: 0x11,
  serialBus: 0x1d,
  rng: 0x1e,
  southbridge: 0x1f,
};

const address = (slot: number, part = 0): string =>
  `<address type='pci' domain='0x0000' bus='0x00' slot='0x${slot.toString(16).padStart(2, '0')}' function='0x${part}'/>`;

function cpuXml(spec: GuestSpec, cpu: GuestCpu): string {
  const feature = (policy: string) => (name: string) => `    <feature policy='${policy}' name='${name}'/>`;
  // TCG emulates what it is asked for, so there is nothing of the host's to compare with.
  const check = spec.engine === 'tcg' ? 'none' : 'partial';
  return [
    `  <cpu mode='custom' match='exact' check='${check}'>`,
    `    <model fallback='forbid'>${cpu.model}</model>`,
    ...cpu.features.map(feature('require')),
    ...cpu.disabled.map(feature('disable')),
    '  </cpu>',
  ].join('\n');
}

const mtu = (size: number | undefined): string => (size === undefined ? '' : `\n      <mtu size='${size}'/>`);

const nic = (sources: DomainSources, nic: GuestSpec['nics'][number], index: number): string => `
    <interface type='bridge'>
      <mac address='${nic.mac}'/>
      <source bridge='${sources.bridgeOf(nic.network)}'/>
      <target dev='${tapOf(nic.mac)}'/>
      <model type='virtio'/>${mtu(sources.mtus.get(nic.network))}
      ${address(slots.firstNic + index)}
    </interface>`;

/**
 * cache=none keeps a live migration safe: the destination must not read what lies in the source's page cache. Zeroes that a
 * guest writes become holes, so they take no room and do not travel; the guest sees nothing of it.
 */
const diskXml = (file: string, target: string, slot: number, serial = ''): string => `
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='threads' discard='unmap' detect_zeroes='unmap'/>
      <source file='${file}'/>
      <target dev='${target}' bus='virtio'/>${serial}
      ${address(slot)}
    </disk>`;

/** A disk's slot follows its target, so what is added or removed moves no other. */
const extraDisk = (sources: DomainSources, { name, target }: Disk): string =>
  diskXml(
    sources.extraDisk(name),
    target,
    slots.firstExtra + diskTargets.indexOf(target),
    `\n      <serial>${name}</serial>`,
  );

const disks = (spec: GuestSpec, sources: DomainSources): string =>
  diskXml(sources.disk, rootTarget, slots.disk) +
  spec.disks
    .toSorted((a, b) => a.target.localeCompare(b.target))
    .map((one) => extraDisk(sources, one))
    .join('');

const serial = ({ consoleLog }: DomainSources): string => `
    <serial type='pty'>
      <log file='${consoleLog}' append='on'/>
      <target type='isa-serial' port='0'><model name='isa-serial'/></target>
    </serial>
    <console type='pty'>
      <log file='${consoleLog}' append='on'/>
      <target type='serial' port='0'/>
    </console>`;

/** Where a program in the guest answers the host (`qemu-ga`); libvirt picks the socket's place on each host anew. */
const agentChannel = `
    <channel type='unix'>
      <target type='virtio' name='org.qemu.guest_agent.0'/>
      <address type='virtio-serial' controller='0' bus='0' port='1'/>
    </channel>`;

/** The SATA controller is a part of q35, used or not. */
const controllers = `
    <controller type='pci' index='0' model='pcie-root'/>
    <controller type='sata' index='0'>${address(slots.southbridge, 2)}</controller>
    <controller type='usb' index='0' model='none'/>
    <controller type='virtio-serial' index='0'>${address(slots.serialBus)}</controller>`;

const watchdog = `
    <watchdog model='itco' action='reset'/>`;

/** The kvm-clock exists under KVM only; the others are the ones that drift or cost exits. */
const clock = (spec: GuestSpec): string => `
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/>
    <timer name='pit' tickpolicy='delay'/>
    <timer name='hpet' present='no'/>${spec.engine === 'kvm' ? "\n    <timer name='kvmclock' present='yes'/>" : ''}
  </clock>`;

const devices = (spec: GuestSpec, sources: DomainSources): string => `
    <emulator>/usr/bin/qemu-system-x86_64</emulator>${disks(spec, sources)}${controllers}${spec.nics
      .map((one, index) => nic(sources, one, index))
      .join('')}${serial(sources)}${agentChannel}
    <input type='keyboard' bus='ps2'/>
    <input type='mouse' bus='ps2'/>
    <audio id='1' type='none'/>
    <video><model type='none'/></video>${sources.namesWatchdog ? watchdog : ''}
    <memballoon model='virtio' freePageReporting='on'>${address(slots.balloon)}</memballoon>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend>${address(slots.rng)}</rng>`;

/**
 * cloud-init's NoCloud takes the serial number of the machine for the place of its data, on `ds=nocloud;s=…/`
 * (docs.cloud-init.io, "NoCloud": SMBIOS). The slash at its end is needed: older versions only put a file's name behind it.
 */
const seed = 'ds=nocloud;s=http://169.254.169.254/nocloud/';

/** A guest without a card cannot ask, and would wait for an answer. */
const seeded = ({ nics }: GuestSpec): boolean => nics.length > 0;

const serialNumber = (spec: GuestSpec): string =>
  seeded(spec)
    ? `
  <sysinfo type='smbios'>
    <system><entry name='serial'>${seed}</entry></system>
  </sysinfo>`
    : '';

export const domainXml = (
  spec: GuestSpec,
  sources: DomainSources,
): string => `<domain type='${virtTypeOf(spec.engine)}'>
  <name>${spec.name}</name>
  <uuid>${spec.uuid}</uuid>
  <memory unit='MiB'>${spec.memoryMiB}</memory>
  <vcpu>${spec.vcpus}</vcpu>${serialNumber(spec)}
  <os>
    <type arch='x86_64' machine='${machineType}'>hvm</type>
    <boot dev='hd'/>${seeded(spec) ? "\n    <smbios mode='sysinfo'/>" : ''}
  </os>
  <features><acpi/><apic/></features>
${cpuXml(spec, spec.cpu ?? portableCpu(sources.faultyCpuFeatures))}${clock(spec)}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>${devices(spec, sources)}
  </devices>
</domain>
`;
