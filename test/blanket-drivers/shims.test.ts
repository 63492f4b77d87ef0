import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Exec, filesUnder } from '../../src/blanket-drivers/access.ts';
import { applyPlan, undoPlan } from '../../src/blanket-drivers/shims/apply.ts';
import { fakeRoot } from './fake-root.ts';

const clockBase = '/sys/devices/system/clocksource/clocksource0';
const noPrograms: Exec = (command) => Promise.reject(new Error(`${command}: not found`));

/** An ethtool whose only changeable feature is LRO. */
function fakeEthtool(): { exec: Exec; lro: () => string } {
  let lro = 'on';
  return {
    lro: () => lro,
    exec: async (_command, args) => {
      if (args[0] === '-K') lro = args[3] ?? '';
      return `Features:\nlarge-receive-offload: ${lro}\ntcp-segmentation-offload: on [fixed]\n`;
    },
  };
}

test('nic: do, again, verify, undo', async (t) => {
  const root = fakeRoot({
    '/sys/class/net/ens3/tx_queue_len': '1000\n',
    '/sys/class/net/ens3/mtu': '1500\n',
  });
  const ethtool = fakeEthtool();
  const host = { files: filesUnder(root), exec: ethtool.exec };
  const plan = [
    { shim: 'nic' as const, name: 'ens3', queueLength: 2000, offloads: { lro: false, tso: false } },
  ];
  const applied = await applyPlan(plan, host);
  t.deepEqual(applied[0]?.before, { tx_queue_len: '1000', lro: 'on' });
  t.like(applied[0]?.report, { outcome: 'set', detail: 'ens3: tx_queue_len=2000 lro=off tso=off' });
  t.deepEqual((await applyPlan(plan, host))[0]?.before, {});
  await undoPlan(applied, host);
  t.is(readFileSync(join(root, '/sys/class/net/ens3/tx_queue_len'), 'utf8'), '1000');
  t.is(ethtool.lro(), 'on');
});

test('disk: a bracketed choice is read, a missing timeout is no failure', async (t) => {
  const root = fakeRoot({ '/sys/block/vda/queue/scheduler': 'none [mq-deadline] kyber\n' });
  const host = { files: filesUnder(root), exec: noPrograms };
  const [applied] = await applyPlan(
    [{ shim: 'disk', name: 'vda', scheduler: 'none', timeoutSeconds: 180 }],
    host,
  );
  t.deepEqual(applied?.before, { '/sys/block/vda/queue/scheduler': 'mq-deadline' });
  t.deepEqual(applied?.report, { outcome: 'set', detail: 'vda: scheduler=none no timeout to set' });
});

test('clock: the first preferred source that is offered', async (t) => {
  const root = fakeRoot({
    [`${clockBase}/current_clocksource`]: 'hpet\n',
    [`${clockBase}/available_clocksource`]: 'tsc hpet acpi_pm\n',
  });
  const host = { files: filesUnder(root), exec: noPrograms };
  const [applied] = await applyPlan([{ shim: 'clock', prefer: ['kvm-clock', 'tsc'] }], host);
  t.deepEqual(applied?.before, { source: 'hpet' });
  t.is(applied?.report.outcome, 'set');
});

test('nested: no extension is refused, a module that cannot load is not', async (t) => {
  const host = { files: filesUnder(fakeRoot({})), exec: noPrograms };
  const [without, failing] = await applyPlan(
    [{ shim: 'nested' }, { shim: 'nested', module: 'kvm_amd' }],
    host,
  );
  t.is(without?.report.outcome, 'refused');
  t.is(failing?.report.outcome, 'failed');
  t.regex(failing?.report.detail ?? '', /modprobe: not found/);
});
