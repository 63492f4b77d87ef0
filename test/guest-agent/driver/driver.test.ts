import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Driver } from '../../../src/blanket-drivers/driver.ts';
import type { ShimPlan } from '../../../src/blanket-drivers/shims/shim.ts';
import {
  applyDriver,
  type Place,
  restoreDriver,
  verifyDriver,
} from '../../../src/guest-agent/driver/driver.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { type FakeMachine, fakeMachine, machinePlan } from '../../blanket-drivers/shims/fake-machine.ts';
import { snapshot } from '../../blanket-drivers/shims/snapshot.ts';

const driverOf = (name: string, plan: ShimPlan[] | (() => ShimPlan[])): Driver => ({
  name,
  title: name,
  scope: 'cloud',
  signs: 'made up',
  sources: [],
  detect: () => ({ verdict: 'found', evidence: [] }),
  plan: () => (typeof plan === 'function' ? plan() : plan),
});

const full = driverOf('full', machinePlan);
const small = driverOf('small', [
  { shim: 'nic', name: 'ens3', queueLength: 3000 },
  { shim: 'nested', module: 'kvm_amd' },
]);
const broken = driverOf('broken', [
  { shim: 'memory', ksm: false, hugePages: 'never' },
  { shim: 'nic', name: 'ens3', module: 'ena' },
]);
const byName = (name: string): Driver =>
  [full, small, broken].find((driver) => driver.name === name) ?? driverOf(name, []);

type Fixture = { machine: FakeMachine; place: Place };

function fixture(): Fixture {
  const machine = fakeMachine();
  const state = mkdtempSync(join(tmpdir(), 'blanket-driver-'));
  const paths = { driver: join(state, 'driver.json'), driverPending: join(state, 'driver-pending.json') };
  return { machine, place: { paths, host: machine.host } };
}

/** What a reboot does to a machine: files stay, all else is as it was at first. */
function reboot({ machine }: Fixture, fresh = fakeMachine()): void {
  const kept = snapshot(machine);
  for (const path of ['/sys', '/proc/sys/vm', '/dev'] as const) {
    for (const [name, text] of Object.entries(snapshot(fresh))) {
      if (name.startsWith(path)) writeFileSync(join(machine.root, name), String(text));
    }
    for (const name of Object.keys(kept)) {
      if (name.startsWith(path) && !(name in snapshot(fresh))) rmSync(join(machine.root, name));
    }
  }
  rmSync(join(machine.root, '/sys/module/ptp_kvm'), { recursive: true, force: true });
  rmSync(join(machine.root, '/sys/module/virtio_balloon'), { recursive: true, force: true });
  rmSync(join(machine.root, '/sys/class/ptp'), { recursive: true, force: true });
  Object.assign(machine.programs, fresh.programs);
  writeFileSync(join(machine.root, '/proc/sys/kernel/random/boot_id'), 'boot-2\n');
}

const outcomes = ({ shims }: { shims: readonly { shim: string; outcome: string }[] }) =>
  shims.map(({ shim, outcome }) => `${shim} ${outcome}`);
const text = ({ machine }: Fixture, path: string) => readFileSync(join(machine.root, path), 'utf8').trim();
const nestedFile = '/etc/modprobe.d/blanket-nested.conf';
const chronyFile = '/etc/chrony/conf.d/blanket.conf';

const allSet = (t: ExecutionContext, reports: string[]) =>
  t.deepEqual(
    reports.filter((report) => !report.endsWith(' set')),
    [],
  );

test('a driver that holds is kept, read back, and a change by hand is seen and mended', async (t) => {
  const { machine, place } = fixture();
  allSet(t, outcomes(await applyDriver(place, full)));
  allSet(t, outcomes(await verifyDriver(place)));
  machine.programs.tables = {};
  writeFileSync(join(machine.root, '/sys/kernel/mm/ksm/run'), '1\n');
  const seen = (await verifyDriver(place)).shims.filter(({ outcome }) => outcome === 'failed');
  t.deepEqual(
    seen.map(({ detail }) => detail),
    ['ens3: any MAC may send, not 52:54:00:12:34:56 alone', 'KSM is on'],
  );
  allSet(t, outcomes(await applyDriver(place, full)));
  t.false(existsSync(place.paths.driverPending));
});

test('another driver: what the first did is gone, also when it was applied twice', async (t) => {
  const one = fixture();
  const before = snapshot(one.machine);
  await applyDriver(one.place, full);
  await applyDriver(one.place, full);
  await applyDriver(one.place, driverOf('none', []));
  t.deepEqual(snapshot(one.machine), before);
});

test('a driver that does not hold leaves the host as it was, and says what failed', async (t) => {
  const { machine, place } = fixture();
  const before = snapshot(machine);
  const error = await t.throwsAsync(applyDriver(place, broken), { instanceOf: BlanketError });
  t.is(error?.code, 'driver.not-verified');
  t.regex(error?.message ?? '', /nic \(ens3: its driver is vmxnet3, not ena\)/);
  t.like(error?.data, { driver: 'broken', notUndone: [] });
  t.deepEqual(snapshot(machine), before);
  await t.throwsAsync(verifyDriver(place), { code: 'driver.none-applied' });
});

test('a driver that does not hold leaves the one before it in force', async (t) => {
  const { machine, place } = fixture();
  await applyDriver(place, full);
  const settled = snapshot(machine);
  await t.throwsAsync(applyDriver(place, broken), { code: 'driver.not-verified' });
  t.deepEqual(snapshot(machine), settled);
  const kept = await verifyDriver(place);
  t.is(kept.driver, 'full');
  allSet(t, outcomes(kept));
});

test('after a reboot: files are there, settings are set again, and both can be taken back', async (t) => {
  const one = fixture();
  const before = snapshot(one.machine);
  await applyDriver(one.place, full);
  reboot(one);
  await restoreDriver(one.place, byName);
  allSet(t, outcomes(await verifyDriver(one.place)));
  await applyDriver(one.place, driverOf('none', []));
  const after: Record<string, unknown> = { ...snapshot(one.machine) };
  t.deepEqual(after, { ...before, '/proc/sys/kernel/random/boot_id': 'boot-2' });
});

test('another driver right after a reboot: files of the first go, its noted settings do not come back', async (t) => {
  const one = fixture();
  await applyDriver(one.place, full);
  reboot(one);
  writeFileSync(join(one.machine.root, '/sys/class/net/ens3/tx_queue_len'), '777\n');
  await applyDriver(one.place, small);
  t.false(existsSync(join(one.machine.root, chronyFile)));
  t.deepEqual(one.machine.programs.ntp, []);
  t.regex(text(one, nestedFile), /options kvm_amd nested=1/);
  t.is(text(one, '/sys/class/net/ens3/tx_queue_len'), '3000');
  await applyDriver(one.place, driverOf('none', []));
  t.is(text(one, nestedFile), 'somebody wrote this before');
  t.is(text(one, '/sys/class/net/ens3/tx_queue_len'), '777');
});

test('a device that is gone after a reboot holds nothing up and is told of', async (t) => {
  const one = fixture();
  let plan = machinePlan;
  const named = () => driverOf('full', () => plan);
  await applyDriver(one.place, named());
  reboot(one);
  rmSync(join(one.machine.root, '/sys/class/net/ens3'), { recursive: true });
  plan = machinePlan.filter(({ shim }) => shim !== 'nic');
  await restoreDriver(one.place, named);
  const { shims } = await verifyDriver(one.place);
  t.deepEqual(
    shims.filter(({ outcome }) => outcome !== 'set'),
    [{ shim: 'nic', outcome: 'failed', detail: 'ens3 is not there' }],
  );
});

test('an agent that died in the middle: what it had begun is taken back first', async (t) => {
  const one = fixture();
  const before = snapshot(one.machine);
  const died = new Error('the agent is dead');
  let alive = true;
  let pending = '';
  const exec: Place['host']['exec'] = async (command, args) => {
    if (alive && command === 'chronyc') {
      alive = false;
      pending = readFileSync(one.place.paths.driverPending, 'utf8');
    }
    if (!alive) throw died;
    return one.machine.host.exec(command, args);
  };
  const put: Place['host']['files']['put'] = (path, content) =>
    alive ? one.machine.host.files.put(path, content) : Promise.reject(died);
  const dead = {
    ...one.machine.host,
    exec,
    files: { ...one.machine.host.files, put, write: put, remove: () => Promise.reject(died) },
  };
  await t.throwsAsync(applyDriver({ ...one.place, host: dead }, full));
  t.notDeepEqual(snapshot(one.machine), before);
  // Its last deed, forgetting what was pending, did not happen either.
  writeFileSync(one.place.paths.driverPending, pending);
  await restoreDriver(one.place, byName);
  t.deepEqual(snapshot(one.machine), before);
});
