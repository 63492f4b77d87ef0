/**
 * The local cloud: a cloud whose API is this machine. Each VM is a QEMU process of its own with another
 * provider's virtual hardware (local-profile.ts); its uplink is QEMU's user network, with SSH forwarded on
 * loopback, and its second network card is plugged into the WAN (infra/wan).
 *
 *   createVm: lease address ▶ overlay ▶ seed ▶ vm.json ▶ QEMU ▶ port on the WAN
 *             └────────────── undone as one by destroyVm's steps ─────────────┘
 */
import { constants } from 'node:fs';
import { access, mkdir, open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inTurn } from '../../../infra/wan/in-turn.ts';
import { findLink, forgetLinksOf, listLinks, setLink } from '../../../infra/wan/wan-client.ts';
import { run } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';
import { nameSchema } from '../../wire/names.ts';
import type { Cloud, CloudPaths, CloudVm, VmSpec } from './cloud.ts';
import { type LocalConfig, type LocalContext, localConfigSchema } from './local-config.ts';
import { loadProfile } from './local-profile.ts';
import { cloudDirectory, readRecord, vmFiles, vmNames } from './local-record.ts';
import { describeVm, makeVm, removeVm, runVm } from './local-vm.ts';
import { qemuMissing, qemuProgram } from './qemu-process.ts';

export { localConfigSchema };

/** What `blanket cloud link` needs: the links between local clouds, of the WAN of this state directory. */
export const localLinks = { set: setLink, find: findLink, list: listLinks };

export function openLocalCloud(name: string, config: LocalConfig, paths: CloudPaths): Cloud {
  const context = { cloud: requireName(name), config, paths: { state: resolve(paths.state) } };
  const turn = async <T>(vm: string, work: () => Promise<T>): Promise<T> =>
    await inTurn(`${context.paths.state}/${name}/${requireName(vm)}`, work);
  return {
    name,
    check: (signal) => check(context, signal),
    createVm: (spec, signal) =>
      turn(spec.name, () => cancellable(signal, () => create(context, spec, signal))),
    startVm: (vm, signal) => turn(vm, () => cancellable(signal, () => startExisting(context, vm, signal))),
    findVm: (vm) => find(context, vm),
    destroyVm: (vm) => turn(vm, () => removeVm(context, vm)),
    readConsole: (vm, maxBytes) => readConsole(context, vm, maxBytes),
    destroy: () => destroy(context),
  };
}

async function check({ config, paths }: LocalContext, signal: AbortSignal): Promise<void> {
  await loadProfile(config.profile);
  try {
    await run(qemuProgram, ['-version'], { signal, timeoutMs: 30_000 });
  } catch (cause) {
    throw qemuMissing(cause);
  }
  if (config.accel === 'kvm') await checkKvm();
  await mkdir(paths.state, { recursive: true, mode: 0o700 });
}

async function checkKvm(): Promise<void> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new BlanketError('cloud.no-kvm', 'This user cannot open /dev/kvm.', {
      kind: 'blocked',
      next: 'Join the group kvm, or use accel: tcg.',
      cause,
    });
  }
}

async function create(context: LocalContext, spec: VmSpec, signal: AbortSignal): Promise<CloudVm> {
  const files = await vmFiles(context.paths, context.cloud, spec.name);
  if ((await readRecord(files)) !== undefined) return await runVm(context, files, signal);
  try {
    await makeVm(context, spec, files, signal);
    return await runVm(context, files, signal);
  } catch (error) {
    await removeVm(context, spec.name);
    throw error;
  }
}

async function startExisting(context: LocalContext, vm: string, signal: AbortSignal): Promise<CloudVm> {
  const files = await vmFiles(context.paths, context.cloud, vm);
  if ((await readRecord(files)) !== undefined) return await runVm(context, files, signal);
  throw new BlanketError('cloud.vm-not-found', `The cloud "${context.cloud}" has no VM "${vm}".`, {
    kind: 'not-found',
    data: { cloud: context.cloud, vm },
  });
}

async function find({ paths, cloud }: LocalContext, vm: string): Promise<CloudVm | undefined> {
  const files = await vmFiles(paths, cloud, requireName(vm));
  const record = await readRecord(files);
  return record === undefined ? undefined : await describeVm(files, record);
}

async function readConsole({ paths, cloud }: LocalContext, vm: string, maxBytes: number): Promise<string> {
  const files = await vmFiles(paths, cloud, requireName(vm));
  try {
    await using file = await open(files.console);
    const { size } = await file.stat();
    const length = Math.min(size, maxBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

async function destroy(context: LocalContext): Promise<void> {
  const { cloud, paths } = context;
  const names = await vmNames(paths, cloud);
  for (const name of names) {
    if ((await readRecord(await vmFiles(paths, cloud, name))) === undefined) continue;
    throw new BlanketError('cloud.in-use', `The cloud "${cloud}" still has ${names.length} VMs.`, {
      kind: 'conflict',
      next: 'Remove its hosts first.',
      data: { cloud, vms: names },
    });
  }
  for (const name of names) await removeVm(context, name);
  await forgetLinksOf(paths, cloud);
  await rm(cloudDirectory(paths, cloud), { recursive: true, force: true });
}

/** What fails because the caller gave up is said to be cancelled, wherever it failed. */
async function cancellable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new BlanketError('cloud.cancelled', 'The VM was not started: the request was cancelled.', {
      kind: 'cancelled',
      cause,
    });
  }
}

/** Names become paths and options, so nothing but a host name gets through, whoever calls. */
function requireName(name: string): string {
  if (nameSchema.safeParse(name).success) return name;
  throw new BlanketError('cloud.bad-name', `"${name}" is not a legal host name.`, { kind: 'usage' });
}
