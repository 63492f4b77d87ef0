import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { filesUnder } from '../../../../src/blanket-drivers/access.ts';
import type { Outcome } from '../../../../src/guest-agent/engines/probe/boot.ts';
import { knownCause, reasonOf } from '../../../../src/guest-agent/engines/probe/explain.ts';
import { readGuestOutput } from '../../../../src/guest-agent/engines/probe/guest-output.ts';
import { probeXen } from '../../../../src/guest-agent/engines/probe/xen.ts';
import { CommandError } from '../../../../src/process/run.ts';

const limits = { kernelMs: 5_000, aliveMs: 60_000, measureMs: 3_000 };
const outcome = (change: Partial<Outcome>): Outcome => {
  const text = change.text ?? '';
  return { end: 'quit', text, output: readGuestOutput(text), ...change };
};
const failure = (stderr: string, exitCode: number | null, cause?: unknown) =>
  new CommandError('qemu-system-x86_64', 'went away', exitCode, { stdout: '', stderr }, cause);

async function machine(t: ExecutionContext, files: Record<string, string>) {
  const root = await mkdtemp(join(tmpdir(), 'explain-'));
  t.teardown(() => rm(root, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return filesUnder(root);
}

for (const [name, given, expected] of [
  ['no output', { end: 'kernel-late' }, /within 5\.0 s: not even its firmware/],
  ['firmware only', { end: 'kernel-late', text: 'Probing EDD' }, /only its firmware and the kernel's loader/],
  ['kernel only', { end: 'alive-late', text: 'Linux version 6' }, /within 60\.0 s: its kernel had begun/],
  ['KVM gave up', { end: 'trouble', text: 'KVM internal error. Suberror: 1\n' }, /KVM internal error/],
  ['rubbish without end', { end: 'flood' }, /without end/],
  ['a guest that ended', {}, /ended without a sign of life/],
  ['no QEMU', { failure: failure('', null, new Error('ENOENT')) }, /missing or cannot be started/],
  ['a killed QEMU', { failure: failure('', null) }, /was killed/],
  ['QEMU says no', { failure: failure('qemu-system-x86_64: bad CPU\n', 1) }, /exit code 1: bad CPU\./],
  ['no permission', { failure: failure('KVM: Permission denied\n', 1) }, /may not use \/dev\/kvm/],
] as [string, Partial<Outcome>, RegExp][]) {
  test(`the reason says: ${name}`, (t) => t.regex(reasonOf(outcome(given), limits), expected));
}

test('kvm_pvm is named, and what to do', async (t) => {
  const files = await machine(t, { 'sys/module/kvm_pvm/refcnt': '0', 'proc/cpuinfo': 'flags : svm\n' });
  t.regex(await knownCause('kvm', files), /kvm_pvm is loaded.*Take a machine type with nested/s);
  t.is(await knownCause('tcg', files), '');
});

test('a CPU without the extension is named', async (t) => {
  const files = await machine(t, { 'proc/cpuinfo': 'flags\t\t: fpu sse2\n' });
  t.regex(await knownCause('kvm', files), /neither vmx nor svm/);
});

test('nothing is made up where the machine explains nothing', async (t) => {
  const files = await machine(t, { 'proc/cpuinfo': 'flags\t\t: fpu vmx sse2\n' });
  t.is(await knownCause('kvm', files), '');
});

for (const [name, files, expected] of [
  ['no Xen', {}, /not booted on Xen/],
  ["a cloud's Xen", { 'sys/hypervisor/type': 'xen\n', 'proc/xen/capabilities': '' }, /cloud's Xen/],
  [
    'its own Xen',
    { 'sys/hypervisor/type': 'xen\n', 'proc/xen/capabilities': 'control_d\n' },
    /cannot boot a probe/,
  ],
] as [string, Record<string, string>, RegExp][]) {
  test(`Xen is not usable: ${name}`, async (t) => {
    const probe = await probeXen(await machine(t, files));
    t.false(probe.usable);
    t.regex(probe.reason ?? '', expected);
  });
}
