/**
 * A machine made up of a directory and programs that keep state as the real ones do: what is loaded shows in /sys,
 * chronyd knows the configuration it was started with, GRUB the settings that update-grub saw. Any one program or
 * setting can be told to fail.
 */
import type { NoticeSource } from '../../../src/blanket-drivers/access.ts';
import { type Exec, type Files, filesUnder, type HostAccess } from '../../../src/blanket-drivers/access.ts';
import type { ShimPlan } from '../../../src/blanket-drivers/shims/shim.ts';
import { fakeRoot } from '../fake-root.ts';
import { initially, no, type Programs, programsByName } from './fake-programs.ts';

const clock = '/sys/devices/system/clocksource/clocksource0';
const tree: Record<string, string> = {
  '/proc/cpuinfo': 'processor\t: 0\nprocessor\t: 1\nflags\t\t: fpu svm rdrand\n',
  '/proc/cmdline': 'BOOT_IMAGE=/vmlinuz root=UUID=1234 ro\n',
  '/proc/net/route': 'Iface\tDestination\tGateway\tFlags\nens3\t00000000\t0202000A\t0003\n',
  '/proc/self/mountinfo': '22 1 8:1 / / rw,noatime shared:1 - ext4 /dev/sda1 rw\n',
  '/proc/sys/kernel/osrelease': '6.12.0\n',
  '/proc/sys/kernel/random/boot_id': 'boot-1\n',
  '/proc/sys/kernel/random/entropy_avail': '256\n',
  '/proc/sys/vm/unprivileged_userfaultfd': '0\n',
  '/etc/fstab': '# device place\nUUID=1234 / ext4 defaults 0 0\n',
  '/etc/modprobe.d/blanket-nested.conf': 'somebody wrote this before\n',
  '/sys/class/net/ens3/address': '52:54:00:12:34:56\n',
  '/sys/class/net/ens3/tx_queue_len': '1000\n',
  '/sys/class/net/ens3/mtu': '9000\n',
  '/sys/class/net/ens3/device/driver': '->/sys/bus/pci/drivers/vmxnet3',
  '/sys/devices/pci0/host0/block/sda/queue/scheduler': 'none [mq-deadline] kyber\n',
  '/sys/devices/pci0/host0/block/sda/queue/discard_max_bytes': '4096\n',
  '/sys/devices/pci0/host0/block/sda/device/timeout': '30\n',
  '/sys/devices/pci0/driver': '->/sys/bus/pci/drivers/vmw_pvscsi',
  '/sys/block/sda': '->../devices/pci0/host0/block/sda',
  '/sys/dev/block/8:1': '->../../devices/pci0/host0/block/sda/sda1',
  [`${clock}/current_clocksource`]: 'hpet\n',
  [`${clock}/available_clocksource`]: 'tsc hpet acpi_pm\n',
  '/sys/class/misc/hw_random/rng_available': 'tpm-rng-0 virtio_rng.0\n',
  '/sys/class/misc/hw_random/rng_current': 'tpm-rng-0\n',
  '/sys/class/tty/console/active': 'tty0\n',
  '/sys/class/tty/ttyS0/type': '4\n',
  '/sys/kernel/mm/ksm/run': '1\n',
  '/sys/kernel/mm/transparent_hugepage/enabled': '[always] madvise never\n',
  '/sys/module/kvm_amd/parameters/nested': '0\n',
  '/sys/module/kvm_amd/refcnt': '0\n',
  '/sys/module/cpuid/refcnt': '0\n',
  '/dev/kvm': '',
  '/usr/sbin/chronyd': '',
  '/usr/sbin/update-grub': '',
};

export const machinePlan: ShimPlan[] = [
  {
    shim: 'nic',
    name: 'ens3',
    module: 'vmxnet3',
    queueLength: 2000,
    queues: 'all',
    offloads: { lro: false, tso: true },
    probeMtu: true,
    ownMacOnly: true,
  },
  {
    shim: 'disk',
    name: 'sda',
    module: 'vmw_pvscsi',
    scheduler: 'none',
    timeoutSeconds: 180,
    discard: true,
    stableName: true,
  },
  { shim: 'clock', prefer: ['kvm-clock', 'tsc'], ptp: 'ptp_kvm', servers: ['169.254.169.123'] },
  { shim: 'entropy', prefer: ['virtio_rng.0'] },
  { shim: 'console', device: 'ttyS0' },
  { shim: 'memory', ksm: false, hugePages: 'madvise', balloon: 'virtio_balloon' },
  { shim: 'nested', module: 'kvm_amd' },
  { shim: 'notices', source: 'aws' },
];

export type FakeMachine = {
  root: string;
  host: HostAccess;
  programs: Programs;
  /** Programs run and settings written so far. */
  calls: string[];
  writes: string[];
  /** @param done whether the program has done its work when it fails. */
  failAt(call: number, done?: boolean): void;
  refuseWrite(index: number): void;
};

export function fakeMachine(): FakeMachine {
  const root = fakeRoot(tree);
  const programs = initially();
  const calls: string[] = [];
  const writes: string[] = [];
  let failing: { call: number; done: boolean } | undefined;
  let refused: number | undefined;
  const exec: Exec = async (command, args) => {
    const mine = calls.push([command, ...args].join(' ')) - 1;
    const work = () =>
      (programsByName[command] ?? (() => no(`${command}: not found`)))(args, { root, programs });
    if (mine !== failing?.call) return work();
    if (failing.done) work();
    return no(`${command} was made to fail`);
  };
  const real = filesUnder(root);
  const write: Files['write'] = async (path, text) => {
    if (writes.push(path) - 1 === refused) no(`${path}: invalid argument`);
    await real.write(path, text);
  };
  const notices = {
    listenTo(source: NoticeSource) {
      programs.notices = source;
    },
    state: () => ({ source: programs.notices, lately: 'nothing announced' }),
  };
  return {
    ...{ root, programs, calls, writes },
    host: { exec, files: { ...real, write }, notices },
    failAt(call, done = false) {
      failing = { call, done };
    },
    refuseWrite(index) {
      refused = index;
    },
  };
}
