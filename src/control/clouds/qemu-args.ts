/** QEMU's command line for a VM of a profile. Pure; the order of devices is the order a VM finds them in. */
import type { DiskModel, Profile } from './local-profile.ts';
import { uplink } from './local-uplink.ts';

export type QemuSpec = {
  readonly profile: Profile;
  readonly accel: 'tcg' | 'kvm';
  readonly name: string;
  readonly uuid: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly disk: string;
  /** An image on a CD, for a profile that has one. */
  readonly seed: string | undefined;
  /** The program, with its arguments, that answers one connection to the metadata service. */
  readonly metadata: readonly string[] | undefined;
  readonly console: string;
  readonly pid: string;
  readonly qmpSocket: string;
  readonly wanSocket: string;
  readonly sshPort: number;
  readonly uplinkMac: string;
  readonly wanMac: string;
  /** Whether this QEMU was built with seccomp. */
  readonly sandbox: boolean;
};

/**
 * TCG's SVM is what carries the inner KVM. The masked features are where QEMU 7.2's emulation is wrong: an
 * interrupted CMPXCHG16B loses the flags, with SMAP Xen's dom0 dies at its first instruction, with AVX/XSAVE programs
 * of a second-level machine get corrupted registers.
 */
const cpus = {
  tcg: 'max,-cx16,-smap,-avx,-avx2,-xsave,-xsaveopt,-xsavec,-xsaves,-f16c,-fma',
  kvm: 'host',
} as const;

const accels = { tcg: 'tcg,thread=multi', kvm: 'kvm' } as const;

/** A metadata service's program is started by QEMU itself; why that may be: docs/decisions/local-clouds.md. */
const sandboxes = {
  tight: 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
  spawning: 'on,obsolete=deny,elevateprivileges=allow,spawn=allow,resourcecontrol=deny',
} as const;

export function qemuArgs(spec: QemuSpec): string[] {
  return [
    ...machineArgs(spec),
    ...smbiosArgs(spec.profile, spec.uuid),
    ...driveArgs(spec),
    ...networkArgs(spec),
    ...controlArgs(spec),
  ];
}

function machineArgs(spec: QemuSpec): string[] {
  const { profile, accel, name, uuid, vcpus, memoryMiB } = spec;
  return [
    ['-name', optionValue(name)],
    ['-uuid', uuid],
    ['-no-user-config', '-nodefaults'],
    ['-machine', profile.machine],
    ['-accel', accels[accel]],
    ['-cpu', cpus[accel]],
    ['-smp', String(vcpus)],
    ['-m', String(memoryMiB)],
    ['-rtc', 'base=utc'],
    ['-display', 'none', '-vga', 'none'],
    spec.sandbox ? ['-sandbox', spec.metadata === undefined ? sandboxes.tight : sandboxes.spawning] : [],
  ].flat();
}

/** SMBIOS types 0 to 3 (DMTF DSP0134, 7.1 to 7.4). */
function smbiosArgs(profile: Profile, uuid: string): string[] {
  const { bios, system, board, chassis } = profile.smbios;
  const table = (type: number, fields: Record<string, string | undefined>): string[] => {
    const set = Object.entries(fields).filter(([, value]) => value !== undefined);
    const values = set.map(([key, value = '']) => `${key}=${optionValue(fill(value, uuid))}`);
    return ['-smbios', [`type=${type}`, ...values].join(',')];
  };
  return [
    ...table(0, bios),
    ...table(1, { ...system, uuid }),
    ...(board === undefined ? [] : table(2, board)),
    ...(chassis === undefined ? [] : table(3, chassis)),
  ];
}

function driveArgs({ profile, uuid, disk, seed }: QemuSpec): string[] {
  const serial = uuid.replaceAll('-', '').slice(0, 20);
  return [
    ['-drive', `if=none,id=disk,format=qcow2,discard=unmap,file=${optionValue(disk)}`],
    diskDevices(profile.disk, serial, slotOf(profile, 'disk')),
    seed === undefined ? [] : cdArgs(seed),
  ].flat();
}

const cdArgs = (image: string): string[] => [
  '-drive',
  `if=none,id=seed,format=raw,media=cdrom,readonly=on,file=${optionValue(image)}`,
  '-device',
  'ide-cd,bus=ide.1,drive=seed',
];

function slotOf(profile: Profile, device: 'disk' | 'uplink' | 'wan'): string {
  const slot = profile.slots?.[device];
  return slot === undefined ? '' : `,addr=0x${slot.toString(16)}`;
}

/** `slot` is for what is on the PCI bus: the disk's controller. */
function diskDevices(model: DiskModel, serial: string, slot: string): string[] {
  const drive = `drive=disk,bootindex=0,serial=${serial}`;
  switch (model) {
    case 'virtio-blk':
      return ['-device', `virtio-blk-pci,${drive}${slot}`];
    case 'virtio-scsi':
      return ['-device', `virtio-scsi-pci,id=scsi${slot}`, '-device', `scsi-hd,bus=scsi.0,${drive}`];
    case 'pvscsi':
      return ['-device', `pvscsi,id=scsi${slot}`, '-device', `scsi-hd,bus=scsi.0,${drive}`];
    case 'megasas':
      return ['-device', `megasas,id=scsi${slot}`, '-device', `scsi-hd,bus=scsi.0,${drive}`];
    case 'nvme':
      return ['-device', `nvme,${drive}${slot}`];
    case 'ide':
      return ['-device', `ide-hd,bus=ide.0,${drive}`];
    case 'ahci':
      return ['-device', `ahci,id=ahci${slot}`, '-device', `ide-hd,bus=ahci.0,${drive}`];
  }
}

function networkArgs({ profile, metadata, sshPort, wanSocket, uplinkMac, wanMac }: QemuSpec): string[] {
  const model = profile.nic === 'virtio-net' ? 'virtio-net-pci' : profile.nic;
  const forward = `hostfwd=tcp:127.0.0.1:${sshPort}-:22`;
  return [
    [
      '-netdev',
      `user,id=uplink,ipv6=off,${forward}${metadata === undefined ? '' : serviceOptions(metadata)}`,
    ],
    ['-device', `${model},netdev=uplink,mac=${uplinkMac},romfile=${slotOf(profile, 'uplink')}`],
    // QEMU listens and the WAN switch dials, so that a restarted switch finds the VM again.
    ['-netdev', `stream,id=wan,server=on,addr.type=unix,addr.path=${optionValue(wanSocket)}`],
    ['-device', `${model},netdev=wan,mac=${wanMac},romfile=${slotOf(profile, 'wan')}`],
  ].flat();
}

/**
 * QEMU's user network hands connections to an address over to a program only inside its own subnet, so the uplink
 * lies in the subnet of the metadata service's address. The words are split as a shell would (libslirp, `fork_exec`).
 */
function serviceOptions(command: readonly string[]): string {
  const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return [
    `,net=${uplink.network}/${uplink.prefixLength},dhcpstart=${uplink.address}`,
    `,guestfwd=tcp:${uplink.service}:80-cmd:${optionValue(words)}`,
  ].join('');
}

function controlArgs({ console, pid, qmpSocket }: QemuSpec): string[] {
  return [
    ['-chardev', `file,id=console,append=on,path=${optionValue(console)}`],
    ['-serial', 'chardev:console'],
    ['-qmp', `unix:${optionValue(qmpSocket)},server=on,wait=off`],
    ['-pidfile', pid],
  ].flat();
}

/** QEMU's options end at a comma; a doubled one is a comma of the value. */
const optionValue = (value: string): string => value.replaceAll(',', ',,');

function fill(value: string, uuid: string): string {
  const hex = uuid.replaceAll('-', '');
  const pairs = hex.match(/../g) ?? [];
  const spaced = `${pairs.slice(0, 8).join(' ')}-${pairs.slice(8).join(' ')}`;
  return value.replaceAll('{uuid}', uuid).replaceAll('{hex}', hex).replaceAll('{uuid-spaced}', spaced);
}
