/**
 * Engines proven on this machine, with its own /dev/kvm and with faults put in. The probe guest's image is built
 * when the cache has none.
 */
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildImage } from '../../../images/build.ts';
import { filesUnder } from '../../../src/blanket-drivers/access.ts';
import { benchHere, chooseEngine } from '../../../src/guest-agent/engines/probe.ts';
import { run } from '../../../src/process/run.ts';
import type { BlanketError } from '../../../src/wire/errors.ts';
import type { EngineProbe } from '../../../src/wire/methods/engines.ts';

const timeoutMs = 60_000;
const here = filesUnder('/');
const never = () => new AbortController().signal;

let folder = '';
test.before(async () => {
  folder = (await buildImage('probe')).path;
});

async function scratch(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'probe-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

/** A program in QEMU's place. */
async function pretendedQemu(t: ExecutionContext, body: string): Promise<string> {
  const file = join(await scratch(t), 'qemu');
  await writeFile(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return file;
}

/** The probe guest with another init: a later archive in an initramfs wins over an earlier one. */
async function guestWithInit(t: ExecutionContext, init: string): Promise<string> {
  const directory = await scratch(t);
  const archive = await run('cpio', ['-o', '-H', 'newc', '--quiet'], {
    cwd: await withInit(directory, init),
    input: 'init\n',
  });
  await copyFile(join(folder, 'vmlinuz'), join(directory, 'vmlinuz'));
  const given = await readFile(join(folder, 'initrd'));
  await writeFile(join(directory, 'initrd'), given);
  await appendFile(join(directory, 'initrd'), Buffer.alloc((4 - (given.length % 4)) % 4));
  await appendFile(join(directory, 'initrd'), archive.stdout);
  return directory;
}

async function withInit(directory: string, init: string): Promise<string> {
  const tree = join(directory, 'tree');
  await mkdir(tree);
  await writeFile(join(tree, 'init'), init, { mode: 0o755 });
  return tree;
}

/** The machine as it is, but without a /dev/kvm. */
async function withoutKvm(t: ExecutionContext) {
  return filesUnder(await scratch(t));
}

const of = (probes: readonly EngineProbe[], engine: string) =>
  probes.find((probe) => probe.engine === engine);
const alive = 'echo "BLANKET-PROBE alive"; echo "BLANKET-PROBE done"; exec sleep 30';

/** Fails for want of any engine, and gives what each said. */
async function allUnusable(t: ExecutionContext, qemu: string, guest = folder, files = here) {
  const bench = await benchHere({ folder: guest, qemu });
  const error = await t.throwsAsync<BlanketError>(chooseEngine(timeoutMs, never(), bench, files), {
    code: 'engine.none-usable',
  });
  return error?.data?.probes as EngineProbe[];
}

const pvm = existsSync('/sys/module/kvm_pvm');
const hardware = ['kvm_intel', 'kvm_amd'].some((module) => existsSync(`/sys/module/${module}`));

/** Which it is, is read off the kernel's modules: kvm_pvm has no hardware behind it, the two others have. */
test.serial(
  'this machine: KVM is proven or explained, TCG has a score, the better one is chosen',
  async (t) => {
    if (!existsSync('/dev/kvm')) return t.log('skipped: there is no /dev/kvm here') ?? t.pass();
    if (!pvm && !hardware) return t.log('skipped: no module tells whether this /dev/kvm is good') ?? t.pass();
    const { chosen, why, probes } = await chooseEngine(timeoutMs, never(), await benchHere({ folder }));
    t.log(why);
    t.deepEqual(
      probes.map(({ engine }) => engine),
      ['kvm', 'tcg', 'xen'],
    );
    t.false(of(probes, 'xen')?.usable);
    t.is(of(probes, 'kvm')?.usable, !pvm);
    t.is(chosen, pvm ? 'tcg' : 'kvm');
    const best = of(probes, chosen);
    for (const value of [best?.bootMs, best?.cpuMs, best?.memoryMs, best?.exitsPerSecond, best?.score]) {
      t.true((value ?? 0) > 0);
    }
    if (!pvm) return;
    t.regex(of(probes, 'kvm')?.reason ?? '', /kernel had not begun within|could not go on: KVM/);
    t.regex(of(probes, 'kvm')?.reason ?? '', /kvm_pvm is loaded.*nested virtualization/);
    t.regex(of(probes, 'kvm')?.console ?? '', /\S/);
  },
);

test.serial('no /dev/kvm', async (t) => {
  const bench = await benchHere({ folder, qemu: await pretendedQemu(t, alive) });
  const { chosen, probes } = await chooseEngine(timeoutMs, never(), bench, await withoutKvm(t));
  t.is(chosen, 'tcg');
  t.regex(of(probes, 'kvm')?.reason ?? '', /no \/dev\/kvm/);
});

test.serial('alive without any measurement is usable', async (t) => {
  const bench = await benchHere({ folder, qemu: await pretendedQemu(t, alive) });
  const { probes } = await chooseEngine(timeoutMs, never(), bench, await withoutKvm(t));
  t.like(of(probes, 'tcg'), { usable: true, cpuMs: undefined });
  t.true((of(probes, 'tcg')?.score ?? 0) > 0);
});

test.serial('no probe guest', async (t) => {
  const bench = await benchHere({ folder: await scratch(t) });
  const error = await t.throwsAsync<BlanketError>(chooseEngine(timeoutMs, never(), bench), {
    code: 'host.no-probe',
  });
  t.regex(error?.message ?? '', /vmlinuz is not in/);
});

test.serial('no permission for /dev/kvm', async (t) => {
  if (process.getuid?.() !== 0) return t.log('skipped: only root can become somebody else') ?? t.pass();
  if (!existsSync('/dev/kvm')) return t.log('skipped: there is no /dev/kvm here') ?? t.pass();
  const nobody = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups qemu-system-x86_64 "$@"';
  const qemu = await pretendedQemu(t, `case "$*" in *"-accel kvm"*) ${nobody};; esac\nexit 3`);
  const probes = await allUnusable(t, qemu);
  t.regex(of(probes, 'kvm')?.reason ?? '', /Permission denied.* must run as root/);
});

test.serial('no QEMU', async (t) => {
  const probes = await allUnusable(t, join(await scratch(t), 'missing'));
  t.regex(of(probes, 'tcg')?.reason ?? '', /QEMU is missing or cannot be started/);
});

test.serial('QEMU is killed', async (t) => {
  const probes = await allUnusable(t, await pretendedQemu(t, 'kill -9 $$'));
  t.regex(of(probes, 'tcg')?.reason ?? '', /was killed.*SIGKILL/);
});

test.serial('QEMU is killed after the sign of life', async (t) => {
  const qemu = await pretendedQemu(t, 'echo "BLANKET-PROBE alive"; sleep 0.2; kill -9 $$');
  t.regex(of(await allUnusable(t, qemu), 'tcg')?.reason ?? '', /was killed/);
});

test.serial('rubbish without end', async (t) => {
  const probes = await allUnusable(t, await pretendedQemu(t, 'exec yes rubbish'));
  t.regex(of(probes, 'tcg')?.reason ?? '', /printed without end/);
  t.true((of(probes, 'tcg')?.console?.length ?? 0) <= 2_000);
});

test.serial('a guest that panics', async (t) => {
  const guest = await guestWithInit(t, '#!/bin/sh\nexit 0\n');
  const probes = await allUnusable(t, 'qemu-system-x86_64', guest, await withoutKvm(t));
  t.regex(of(probes, 'tcg')?.reason ?? '', /Kernel panic - not syncing/);
  t.regex(of(probes, 'tcg')?.console ?? '', /Kernel panic/);
});

test.serial('a guest that prints rubbish and powers off', async (t) => {
  const init =
    '#!/bin/sh\necho "BLANKET-PROBE: no; BLANKET PROBE alive" >/dev/console\nbusybox poweroff -f\n';
  const guest = await guestWithInit(t, init);
  const probes = await allUnusable(t, 'qemu-system-x86_64', guest, await withoutKvm(t));
  t.regex(of(probes, 'tcg')?.reason ?? '', /ended without a sign of life; its kernel had begun/);
  t.regex(of(probes, 'tcg')?.console ?? '', /BLANKET PROBE alive/);
});

test.serial('a caller that gives up ends the guest at once', async (t) => {
  const started = join(await scratch(t), 'started');
  const qemu = await pretendedQemu(t, `echo $$ >${started}; exec sleep 60`);
  const cancel = new AbortController();
  const bench = await benchHere({ folder, qemu });
  const proof = chooseEngine(timeoutMs, cancel.signal, bench, await withoutKvm(t));
  while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 20));
  cancel.abort(new Error('enough'));
  await t.throwsAsync(proof, { message: 'enough' });
  const pid = (await readFile(started, 'utf8')).trim();
  t.false(existsSync(`/proc/${pid}`));
});
