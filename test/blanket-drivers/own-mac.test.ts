/** Cards that others send through: the rule for one MAC would cut the host off, so there is none. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { applyPlan, undoPlan, verifyShim } from '../../src/blanket-drivers/shims/apply.ts';
import type { ShimPlan } from '../../src/blanket-drivers/shims/shim.ts';
import { type FakeMachine, fakeMachine } from './shims/fake-machine.ts';

const own = '52:54:00:12:34:56';
const other = '02:00:00:00:00:01';
const plan: ShimPlan = { shim: 'nic', name: 'ens3', ownMacOnly: true };
const net = '/sys/class/net';
const alone = { outcome: 'set', detail: `ens3: only ${own} may send` };
const refused = {
  outcome: 'refused',
  detail: 'ens3: any MAC may send: a bridge, bond or VLAN sends through it under its own MAC',
};

type Above = { link: string; device: string; mac: string };
const bridge: Above = { link: 'master', device: 'br0', mac: other };

/** A device on top of ens3, as the kernel shows it: its own directory, and a link to that in the card's. */
function put({ root }: FakeMachine, { link, device, mac }: Above): void {
  const address = join(root, net, device, 'address');
  mkdirSync(dirname(address), { recursive: true });
  writeFileSync(address, `${mac}\n`);
  symlinkSync(`../${device}`, join(root, net, 'ens3', link));
}

const cases: [what: string, above: Above, expected: typeof alone][] = [
  ['in a bridge', bridge, refused],
  ['in a bond of the same MAC', { link: 'master', device: 'bond0', mac: own }, refused],
  ['under a macvlan', { link: 'upper_mv0', device: 'mv0', mac: other }, refused],
  ['under a VLAN of the same MAC', { link: 'upper_ens3.7', device: 'ens3.7', mac: own }, alone],
];
for (const [what, above, expected] of cases) {
  test(`a card ${what}: ${expected.outcome}`, async (t) => {
    const machine = fakeMachine();
    put(machine, above);
    const { applied } = await applyPlan([plan], machine.host);
    t.deepEqual(applied[0]?.report, expected);
    t.deepEqual(machine.programs.tables, expected === alone ? { blanket_ens3: own } : {});
  });
}

test('a card under a VLAN of the same MAC that lies in a bridge is left alone', async (t) => {
  const machine = fakeMachine();
  put(machine, { link: 'upper_ens3.7', device: 'ens3.7', mac: own });
  symlinkSync('../br0', join(machine.root, net, 'ens3.7/master'));
  t.deepEqual((await applyPlan([plan], machine.host)).applied[0]?.report, refused);
  t.deepEqual(machine.programs.tables, {});
});

test('a bridge added since: the table is told of, goes with the next apply, and undoing brings none back', async (t) => {
  const machine = fakeMachine();
  const first = await applyPlan([plan], machine.host);
  t.deepEqual(first.applied[0]?.report, alone);
  put(machine, bridge);
  t.like(await verifyShim(plan, machine.host), { outcome: 'failed' });
  const again = await applyPlan([plan], machine.host);
  t.deepEqual(again.applied[0]?.report, refused);
  t.deepEqual(machine.programs.tables, {});
  for (const { applied } of [again, first]) t.deepEqual(await undoPlan(applied, machine.host), []);
  t.deepEqual(machine.programs.tables, {});
  rmSync(join(machine.root, net, 'ens3', 'master'));
  t.deepEqual((await applyPlan([plan], machine.host)).applied[0]?.report, alone);
});
