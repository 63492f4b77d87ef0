import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { filesUnder, type HostAccess } from '../../src/blanket-drivers/access.ts';
import { applyPlan, redoPlan, undoPlan, verifyShim } from '../../src/blanket-drivers/shims/apply.ts';
import type { Before, ShimPlan } from '../../src/blanket-drivers/shims/shim.ts';
import { fakeRoot } from './fake-root.ts';
import { fakeMachine, machinePlan } from './shims/fake-machine.ts';
import { snapshot } from './shims/snapshot.ts';

test('a whole plan: set, read back, again without a change, and taken back to the letter', async (t) => {
  const machine = fakeMachine();
  const before = snapshot(machine);
  const first = await applyPlan(machinePlan, machine.host);
  t.deepEqual(
    first.applied.map(({ plan, report }) => [plan.shim, report.outcome]),
    machinePlan.map(({ shim }) => [shim, 'set']),
    JSON.stringify(first.applied.map(({ report }) => report)),
  );
  const settled = snapshot(machine);
  t.notDeepEqual(settled, before);
  const again = await applyPlan(machinePlan, machine.host);
  t.deepEqual(
    again.applied.map((one) => one.before),
    machinePlan.map(() => ({})),
  );
  t.deepEqual(snapshot(machine), settled);
  t.deepEqual(await undoPlan(first.applied, machine.host), []);
  t.deepEqual(snapshot(machine), before);
});

/** How many programs a whole apply runs; the loop below breaks each of them once. */
async function countCalls(): Promise<number> {
  const machine = fakeMachine();
  await applyPlan(machinePlan, machine.host);
  return machine.calls.length;
}

for (const done of [false, true]) {
  test(`whichever program fails ${done ? 'after' : 'before'} its work, the host is as it was or the plan holds`, async (t) => {
    const all = await countCalls();
    t.true(all > 20, `only ${all} programs ran`);
    let undone = 0;
    for (let index = 0; index < all; index += 1) {
      const machine = fakeMachine();
      const before = snapshot(machine);
      machine.failAt(index, done);
      const outcome = await applyPlan(machinePlan, machine.host);
      const told = `call ${index}: ${machine.calls[index]}`;
      t.deepEqual(outcome.problems, [], told);
      if (outcome.ok) continue;
      undone += 1;
      t.is(outcome.applied.at(-1)?.report.outcome, 'failed', told);
      t.deepEqual(snapshot(machine), before, told);
    }
    t.true(undone > 10, `only ${undone} failures were seen`);
  });
}

test('whichever setting the kernel refuses, the host is as it was', async (t) => {
  const counted = fakeMachine();
  await applyPlan(machinePlan, counted.host);
  t.true(counted.writes.length >= 8);
  for (let index = 0; index < counted.writes.length; index += 1) {
    const machine = fakeMachine();
    const before = snapshot(machine);
    machine.refuseWrite(index);
    const outcome = await applyPlan(machinePlan, machine.host);
    t.false(outcome.ok, counted.writes[index]);
    t.deepEqual(outcome.problems, []);
    t.deepEqual(snapshot(machine), before, counted.writes[index]);
  }
});

test('what was there is journaled before it is changed', async (t) => {
  const machine = fakeMachine();
  const before = snapshot(machine);
  const plan: ShimPlan[] = [{ shim: 'nic', name: 'ens3', queueLength: 2000 }];
  const told: Before[] = [];
  const journal = async (done: readonly { before: Before }[]) => {
    t.deepEqual(snapshot(machine), before);
    told.push(...done.map((one) => ({ ...one.before })));
  };
  await applyPlan(plan, machine.host, journal);
  t.deepEqual(told, [{ '/sys/class/net/ens3/tx_queue_len': '1000' }]);
});

const reports = (host: HostAccess) => Promise.all(machinePlan.map((plan) => verifyShim(plan, host)));

test('done again where one failure holds nothing up: the others are set', async (t) => {
  const machine = fakeMachine();
  rmSync(join(machine.root, '/sys/class/net/ens3'), { recursive: true });
  const { problems } = await redoPlan(machinePlan, machine.host);
  t.deepEqual(problems, ['nic: ens3 is not there']);
  t.deepEqual(
    (await reports(machine.host)).filter(({ outcome }) => outcome !== 'set'),
    [{ outcome: 'failed', detail: 'ens3 is not there' }],
  );
});

test('undo goes on after a failure, and tells of it', async (t) => {
  const machine = fakeMachine();
  const { applied } = await applyPlan(machinePlan, machine.host);
  const exec: HostAccess['exec'] = (command, args) =>
    command === 'nft' ? Promise.reject(new Error('nft is broken')) : machine.host.exec(command, args);
  const problems = await undoPlan(applied, { ...machine.host, exec });
  t.deepEqual(problems, ['nic: nft is broken']);
  t.is(readFileSync(join(machine.root, '/sys/class/net/ens3/tx_queue_len'), 'utf8'), '1000');
});

test('a machine that has nothing of it: nothing hangs, nothing is written', async (t) => {
  const root = fakeRoot({ '/proc/cpuinfo': 'processor : 0\n' });
  const exec: HostAccess['exec'] = (command) => Promise.reject(new Error(`${command}: not found`));
  const host = { exec, files: filesUnder(root) };
  await redoPlan(machinePlan, host);
  const outcomes = (await reports(host)).map(({ outcome }, index) => [machinePlan[index]?.shim, outcome]);
  t.like(Object.fromEntries(outcomes), { nic: 'failed', nested: 'failed', console: 'refused' });
});
