/** How long each engine is given, with a program in QEMU's place: no guest boots here. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { filesUnder } from '../../../../src/blanket-drivers/access.ts';
import { choose } from '../../../../src/guest-agent/engines/probe/choose.ts';
import { probeAll } from '../../../../src/guest-agent/engines/probe/probe-all.ts';

const kernel = 'echo "Linux version 6.12"';
const measured = (cpuUs: number) =>
  `echo "BLANKET-PROBE alive"; echo "BLANKET-PROBE cpu-us=${cpuUs}"; echo "BLANKET-PROBE done"; exec sleep 60`;
const hangs = 'exec sleep 60';

/** A machine with a /dev/kvm, a probe guest of empty files, and what QEMU does with each accelerator. */
async function probed(t: ExecutionContext, kvm: string, tcg: string, pace = 1) {
  const root = await mkdtemp(join(tmpdir(), 'probe-all-'));
  t.teardown(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'dev'));
  for (const file of ['dev/kvm', 'vmlinuz', 'initrd']) await writeFile(join(root, file), '');
  const body = `#!/bin/sh\ncase "$*" in *"-accel kvm"*) ${kvm};; *) ${tcg};; esac\n`;
  await writeFile(join(root, 'qemu'), body, { mode: 0o755 });
  const bench = { folder: root, qemu: join(root, 'qemu'), cpu: 'any' };
  const cancelled = new AbortController().signal;
  const probes = await probeAll({ bench, files: filesUnder(root), timeoutMs: 20_000, pace, cancelled });
  const [one, two] = probes;
  return { kvm: one, tcg: two, ...choose(probes) };
}

test('TCG is given up where its kernel begins much later than that of a KVM that works', async (t) => {
  const { chosen, tcg } = await probed(t, `${kernel}; ${measured(100)}`, hangs);
  t.is(chosen, 'kvm');
  t.false(tcg?.usable);
  t.regex(tcg?.reason ?? '', /^Not proven within 2\.0 s: its kernel had not begun, where KVM's had after/);
  t.is(tcg?.console, undefined);
});

test('TCG that keeps up is measured too, and chosen when KVM is slower', async (t) => {
  const { chosen, why, kvm, tcg } = await probed(
    t,
    `${kernel}; ${measured(9_000_000)}`,
    `${kernel}; ${measured(1_000)}`,
  );
  t.is(chosen, 'tcg');
  t.true(kvm?.usable === true && tcg?.usable === true);
  t.regex(why, /kvm booted the probe guest .* which is slower/);
});

test('a KVM that gives up ends the proof of it, with its words', async (t) => {
  const words = 'echo "KVM internal error. Suberror: 1" >&2; echo "emulation failure" >&2';
  const { chosen, kvm } = await probed(t, `${words}; ${hangs}`, `${kernel}; ${measured(1_000)}`);
  t.is(chosen, 'tcg');
  t.regex(kvm?.reason ?? '', /could not go on: KVM internal error\. Suberror: 1;/);
  t.regex(kvm?.console ?? '', /emulation failure/);
});

test('a KVM that prints nothing is given up within seconds, long before the time is over', async (t) => {
  const { chosen, kvm } = await probed(t, hangs, `${kernel}; ${measured(1_000)}`);
  t.is(chosen, 'tcg');
  t.regex(kvm?.reason ?? '', /kernel had not begun within 5\.0 s: not even its firmware/);
});

test('a guest that dies while it measures makes its engine unusable', async (t) => {
  const dies = `${kernel}; echo "BLANKET-PROBE alive"; sleep 0.1; echo "Kernel panic - not syncing: no"; ${hangs}`;
  const { chosen, kvm } = await probed(t, dies, `${kernel}; ${measured(1_000)}`);
  t.is(chosen, 'tcg');
  t.regex(kvm?.reason ?? '', /Kernel panic - not syncing: no; it was alive/);
});

test('a slow machine gives KVM as many times more', async (t) => {
  const late = `sleep 6; ${kernel}; ${measured(100)}`;
  const { chosen } = await probed(t, late, 'exit 1', 4);
  t.is(chosen, 'kvm');
});
