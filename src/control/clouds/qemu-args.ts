/** QEMU's command line for a VM of a profile. Pure; the order of devices is the order a VM finds them in. */
import type { DiskModel, Profile } from './local-profile.ts';

export type QemuSpec = {
  readonly profile: Profile;
  readonly accel: 'tcg' | 'kvm';
  readonly name: string;
  readonly uuid: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly disk: string;
  readonly seed: string;
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

export function qemuArgs(spec: QemuSpec): string[] {
  return [
    ...machineArgs(spec),
    ...smbiosArgs(spec.profile, spec.uuid),
    ...driveArgs(spec),
    ...networkArgs(spec),
    ...controlArgs(spec),
  ];
}

function machineArgs({ profile, accel, name, uuid, vcpus, memoryMiB, sandbox }: QemuSpec): string[] {
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
    sandbox ? ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'] : [],
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
    diskDevices(profile.disk, serial),
    ['-drive', `if=none,id=seed,format=raw,media=cdrom,readonly=on,file=${optionValue(seed)}`],
    ['-device', 'ide-cd,bus=ide.1,drive=seed'],
  ].flat();
}

function diskDevices(model: DiskModel, serial: string): string[] {
  const drive = `drive=disk,bootindex=0,serial=${serial}`;
  switch (model) {
    case 'virtio-blk':
      return ['-device', `virtio-blk-pci,${drive}`];
    case 'virtio-scsi':
      return ['-device', 'virtio-scsi-pci,id=scsi', '-device', `scsi-hd,bus=scsi.0,${drive}`];
    case 'pvscsi':
      return ['-device', 'pvscsi,id=scsi', '-device', `scsi-hd,bus=scsi.0,${drive}`];
    case 'nvme':
      return ['-device', `nvme,${drive}`];
    case 'ide':
      return ['-device', `ide-hd,bus=ide.0,${drive}`];
    case 'ahci':
      return ['-device', 'ahci,id=ahci', '-device', `ide-hd,bus=ahci.0,${drive}`];
  }
}

function networkArgs({ profile, sshPort, wanSocket, uplinkMac, wanMac }: QemuSpec): string[] {
  const model = profile.nic === 'virtio-net' ? 'virtio-net-pci' : profile.nic;
  const forward = `hostfwd=tcp:127.0.0.1:${sshPort}-:22`;
  return [
    ['-netdev', `user,id=uplink,ipv6=off,${forward}`],
    ['-device', `${model},netdev=uplink,mac=${uplinkMac},romfile=`],
    // QEMU listens and the WAN switch dials, so that a restarted switch finds the VM again.
    ['-netdev', `stream,id=wan,server=on,addr.type=unix,addr.path=${optionValue(wanSocket)}`],
    ['-device', `${model},netdev=wan,mac=${wanMac},romfile=`],
  ].flat();
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
