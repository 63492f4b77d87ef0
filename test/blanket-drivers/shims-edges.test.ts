/** What each shim makes of a machine that has less, more or other than is usual. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { HostAccess } from '../../src/blanket-drivers/access.ts';
import { applyPlan, undoPlan, verifyShim } from '../../src/blanket-drivers/shims/apply.ts';
import { gatewayOf } from '../../src/blanket-drivers/shims/nic-path-mtu.ts';
import type { Report, ShimPlan } from '../../src/blanket-drivers/shims/shim.ts';
import { type FakeMachine, fakeMachine } from './shims/fake-machine.ts';

const write = (machine: FakeMachine, path: string, text: string) =>
  writeFileSync(join(machine.root, path), text);
const remove = (machine: FakeMachine, path: string) => rmSync(join(machine.root, path), { recursive: true });
const read = (machine: FakeMachine, path: string) => readFileSync(join(machine.root, path), 'utf8');

async function applied(machine: FakeMachine, plan: ShimPlan, exec?: HostAccess['exec']): Promise<Report> {
  const host = exec === undefined ? machine.host : { ...machine.host, exec };
  const outcome = await applyPlan([plan], host);
  return outcome.applied[0]?.report ?? { outcome: 'failed', detail: 'there is no report' };
}

const lacking =
  (machine: FakeMachine, program: string): HostAccess['exec'] =>
  (command, args) =>
    command === program ? Promise.reject(new Error(`${command}: no`)) : machine.host.exec(command, args);

const mtuFile = '/sys/class/net/ens3/mtu';
const probe: ShimPlan = { shim: 'nic', name: 'ens3', probeMtu: true };

for (const [mtu, pathMtu, left] of [
  [1500, 1500, 1500],
  [9001, 1500, 1500],
  [9001, 1470, 1462],
  [1460, 1300, 1300],
  [1500, 1281, 1280],
] as const) {
  test(`nic: a card of ${mtu} on a path of ${pathMtu} is left at ${left}`, async (t) => {
    const machine = fakeMachine();
    machine.programs.pathMtu = pathMtu;
    write(machine, mtuFile, `${mtu}\n`);
    t.deepEqual(await applied(machine, probe), {
      outcome: 'set',
      detail: `ens3: MTU ${left} passes to 10.0.2.2`,
    });
    t.is(Number(read(machine, mtuFile)), left);
    t.true(machine.calls.length <= 12, `${machine.calls.length} pings`);
  });
}

test('nic: no MTU is below 1280, whatever the path', async (t) => {
  const machine = fakeMachine();
  machine.programs.pathMtu = 800;
  t.is((await applied(machine, probe)).outcome, 'refused');
  t.is(read(machine, mtuFile), '1280');
});

test('nic: a gateway that is silent, or none: the MTU stays and the report says so', async (t) => {
  const silent = fakeMachine();
  t.deepEqual(await applied(silent, probe, lacking(silent, 'ping')), {
    outcome: 'set',
    detail: 'ens3: MTU is 9000, not probed: 10.0.2.2 answers no ping',
  });
  const none = fakeMachine();
  write(none, '/proc/net/route', 'Iface\tDestination\tGateway\tFlags\nens4\t00000000\t0202000A\t0003\n');
  t.regex((await applied(none, probe)).detail, /MTU is 9000, not probed: no gateway/);
  t.deepEqual(none.calls, []);
  t.is(await gatewayOf(none.host.files, 'ens4'), '10.0.2.2');
});

test('nic: a card without queues or offloads to set is no failure', async (t) => {
  const machine = fakeMachine();
  const exec: HostAccess['exec'] = async (command, args) => {
    if (args[0] === '-l') throw new Error('netlink error: Operation not supported');
    return command === 'ethtool' ? 'Features:\n' : machine.host.exec(command, args);
  };
  const plan: ShimPlan = { shim: 'nic', name: 'ens3', queues: 'all', offloads: { lro: false } };
  t.deepEqual(await applied(machine, plan, exec), {
    outcome: 'set',
    detail: 'ens3: no queues to set, lro=fixed',
  });
});

test('disk: NVMe’s endless time-out is the longest that the kernel counts', async (t) => {
  const machine = fakeMachine();
  const host: HostAccess = machine.host;
  await host.files.put('/sys/block/nvme0n1/queue/io_timeout', '30000\n');
  await host.files.put('/sys/module/nvme_core/parameters/io_timeout', '30\n');
  const plan: ShimPlan = { shim: 'disk', name: 'nvme0n1', nvmeTimeoutSeconds: 4_294_967_295 };
  t.deepEqual(await applied(machine, plan), {
    outcome: 'set',
    detail: 'nvme0n1: io_timeout=4294967295 io_timeout=2147483647',
  });
  write(machine, '/sys/block/nvme0n1/queue/io_timeout', '2147483648\n'); // what ticks of 4 ms make of it
  t.is((await verifyShim(plan, host)).outcome, 'set');
  write(machine, '/sys/block/nvme0n1/queue/io_timeout', '30000\n');
  t.is((await verifyShim(plan, host)).outcome, 'failed');
});

test('disk: a root named by its place among the disks is told of', async (t) => {
  const machine = fakeMachine();
  const plan: ShimPlan = { shim: 'disk', name: 'sda', stableName: true };
  t.deepEqual(await verifyShim(plan, machine.host), { outcome: 'set', detail: 'sda: root is UUID=1234' });
  write(machine, '/etc/fstab', '/dev/sda1 / ext4 defaults 0 0\n');
  t.like(await verifyShim(plan, machine.host), { outcome: 'refused' });
  write(machine, '/proc/self/mountinfo', '22 1 8:17 / / rw - ext4 /dev/sdb1 rw\n');
  t.deepEqual(await verifyShim(plan, machine.host), { outcome: 'set', detail: 'sda: nothing to set' });
});

test('disk: what cannot discard is left alone, and a masked timer is the image’s word', async (t) => {
  const plan: ShimPlan = { shim: 'disk', name: 'sda', discard: true };
  const without = fakeMachine();
  write(without, '/sys/block/sda/queue/discard_max_bytes', '0\n');
  t.deepEqual(await applied(without, plan), { outcome: 'set', detail: 'sda: it cannot discard' });
  t.deepEqual(without.calls, []);
  const masked = fakeMachine();
  const exec = async () => 'LoadState=masked\nActiveState=inactive\n';
  t.is((await applied(masked, plan, exec)).outcome, 'refused');
});

test('clock: without chrony servers are told of, and a daemon that is down is a failure', async (t) => {
  const plan: ShimPlan = { shim: 'clock', prefer: ['tsc'], servers: ['time.example'] };
  const without = fakeMachine();
  remove(without, '/usr/sbin/chronyd');
  t.deepEqual(await applied(without, plan), {
    outcome: 'refused',
    detail: 'clock source is tsc, chrony is not installed to ask server time.example iburst prefer',
  });
  const down = fakeMachine();
  t.regex((await applied(down, plan, lacking(down, 'chronyc'))).detail, /chronyd does not run/);
  const up = fakeMachine();
  t.deepEqual(await applied(up, plan), {
    outcome: 'set',
    detail: 'clock source is tsc, NTP by chrony from time.example (not reached)',
  });
});

test('clock: a PTP clock that this host has not is no failure; one that is there feeds chrony', async (t) => {
  const plan: ShimPlan = { shim: 'clock', prefer: ['tsc'], ptp: 'ptp_kvm' };
  const without = fakeMachine();
  const exec: HostAccess['exec'] = (command, args) =>
    command === 'modprobe'
      ? Promise.reject(new Error("modprobe: ERROR: could not insert 'ptp_kvm': No such device"))
      : without.host.exec(command, args);
  t.like(await applied(without, plan, exec), { outcome: 'set' });
  const has = fakeMachine();
  t.regex(
    (await applied(has, plan)).detail,
    /PTP clock \/dev\/ptp0 of ptp_kvm, NTP by chrony from PHC0 \(followed\)/,
  );
  t.regex(read(has, '/etc/modules-load.d/blanket-ptp.conf'), /^ptp_kvm$/m);
});

test('entropy: no device and no RDRAND is told, and nobody waits', async (t) => {
  const machine = fakeMachine();
  remove(machine, '/sys/class/misc/hw_random');
  const plan: ShimPlan = { shim: 'entropy', prefer: ['virtio_rng.0'] };
  t.like(await applied(machine, plan), { outcome: 'set' });
  write(machine, '/proc/cpuinfo', 'processor : 0\nflags : fpu\n');
  t.like(await verifyShim(plan, machine.host), { outcome: 'refused' });
  write(machine, '/proc/sys/kernel/random/entropy_avail', '12\n');
  t.like(await verifyShim(plan, machine.host), { outcome: 'failed' });
});

test('console: a port that is not there, and a kernel that prints elsewhere without GRUB', async (t) => {
  const plan: ShimPlan = { shim: 'console', device: 'ttyS0' };
  const portless = fakeMachine();
  write(portless, '/sys/class/tty/ttyS0/type', '0\n');
  t.deepEqual(await applied(portless, plan), { outcome: 'refused', detail: 'this host has no ttyS0' });
  t.deepEqual(portless.calls, []);
  const grubless = fakeMachine();
  remove(grubless, '/usr/sbin/update-grub');
  t.like(await applied(grubless, plan), { outcome: 'refused' });
  const machine = fakeMachine();
  t.regex((await applied(machine, plan)).detail, /kernel prints to ttyS0 after the next boot, log-in there/);
  t.regex(machine.programs.grub, /console=tty0 console=ttyS0,115200"$/m);
});

test('memory: a balloon without its device is told of, and KSM can be asked for', async (t) => {
  const machine = fakeMachine();
  const exec: HostAccess['exec'] = () =>
    Promise.reject(new Error("modprobe: ERROR: could not insert 'vmw_balloon': No such device"));
  const plan: ShimPlan = { shim: 'memory', ksm: true, hugePages: 'never', balloon: 'vmw_balloon' };
  const { outcome, detail } = await applied(machine, plan, exec);
  t.is(outcome, 'refused');
  t.regex(detail, /KSM is on, huge pages: never, post-copy is allowed, vmw_balloon finds no device/);
});

test('memory: post-copy is allowed while the driver holds, and told of when somebody forbids it', async (t) => {
  const machine = fakeMachine();
  const file = '/proc/sys/vm/unprivileged_userfaultfd';
  const plan: ShimPlan = { shim: 'memory', ksm: false, hugePages: 'never' };
  const { applied: done } = await applyPlan([plan], machine.host);
  t.is(await machine.host.files.text(file), '1');
  write(machine, file, '0\n');
  t.like(await verifyShim(plan, machine.host), { outcome: 'failed', detail: 'post-copy is not allowed' });
  write(machine, file, '1\n');
  t.deepEqual(await undoPlan(done, machine.host), []);
  t.is(await machine.host.files.text(file), '0');
  remove(machine, file);
  t.like(await applied(machine, plan), { outcome: 'refused' });
});

test('nested: no extension is refused with how to switch it on; a module that cannot load fails', async (t) => {
  const machine = fakeMachine();
  t.deepEqual(await applied(machine, { shim: 'nested', howTo: 'Ask for it.' }), {
    outcome: 'refused',
    detail: 'the CPU shows neither vmx nor svm, so KVM cannot run here; Ask for it.',
  });
  const plan: ShimPlan = { shim: 'nested', module: 'kvm_intel' };
  t.regex((await applied(machine, plan, lacking(machine, 'modprobe'))).detail, /modprobe: no/);
});

test('a module that somebody uses by now stays loaded', async (t) => {
  const machine = fakeMachine();
  const plan: ShimPlan = { shim: 'memory', ksm: false, hugePages: 'madvise', balloon: 'virtio_balloon' };
  const outcome = await applyPlan([plan], machine.host);
  write(machine, '/sys/module/virtio_balloon/refcnt', '1\n');
  t.deepEqual(await undoPlan(outcome.applied, machine.host), []);
  t.true(await machine.host.files.exists('/sys/module/virtio_balloon'));
});
