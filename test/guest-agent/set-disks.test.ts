import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makeDisks } from '../../src/guest-agent/disks.ts';
import { keepSpec, specOf } from '../../src/guest-agent/guests.ts';
import { digestOf } from '../../src/guest-agent/images.ts';
import { diskHandlers } from '../../src/guest-agent/methods/disk.ts';
import { keepRecord, newRecord } from '../../src/guest-agent/migrate/record.ts';
import { virtualBytesOf } from '../../src/guest-agent/qcow2-header.ts';
import { run } from '../../src/process/run.ts';
import type { Disk } from '../../src/wire/disk.ts';
import { BlanketError } from '../../src/wire/errors.ts';
import { fakeHost } from './migrate/fake-engine.ts';
import { guestSpec } from './spec.ts';

const mebibyte = 2 ** 20;
const disk = (name: string, mebibytes: number, target: Disk['target'] = 'vdb'): Disk => ({
  ...{ name, bytes: mebibytes * mebibyte, target },
});

/** A guest that is stopped, with a root disk of 8 MiB. */
async function rig() {
  const host = fakeHost();
  const { paths } = host.context;
  mkdirSync(paths.images, { recursive: true });
  const image = join(paths.state, 'image.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '1M']);
  const spec = guestSpec({ image: await digestOf(image), nics: [], diskBytes: 8 * mebibyte });
  await run('cp', [image, paths.image(spec.image)]);
  await makeDisks(paths, spec);
  await keepSpec(host.context, spec);
  host.states.set(spec.name, 'stopped');
  const handlers = diskHandlers(host.context);
  const call = { progress: () => undefined, signal: new AbortController().signal };
  return {
    ...host,
    host,
    paths,
    spec,
    set: (disks: Disk[], diskBytes = spec.diskBytes) =>
      handlers['disk.set']({ name: spec.name, diskBytes, disks }, call),
    list: async () => (await handlers['disk.list']({ name: spec.name }, call)).disks,
    files: () => readdirSync(paths.diskFolder(spec.name)).sort(),
  };
}

const codeOf = async (t: ExecutionContext, work: Promise<unknown>) =>
  (await t.throwsAsync(work, { instanceOf: BlanketError }))?.code;

test('disks are made, grown and deleted as they are named, and the spec says the same', async (t) => {
  const { set, list, files, paths, spec, context } = await rig();
  await set([disk('data', 4), disk('wal', 2, 'vdc')]);
  t.deepEqual(files(), ['data.qcow2', 'root.qcow2', 'wal.qcow2']);
  t.like(await list(), [
    { name: 'root', target: 'vda', bytes: 8 * mebibyte },
    { name: 'data', target: 'vdb', bytes: 4 * mebibyte },
    { name: 'wal', target: 'vdc', bytes: 2 * mebibyte },
  ]);
  await set([disk('wal', 3, 'vdc')], 16 * mebibyte);
  t.deepEqual(files(), ['root.qcow2', 'wal.qcow2']);
  t.is(await virtualBytesOf(paths.disk(spec.name)), 16 * mebibyte);
  t.is(await virtualBytesOf(paths.extraDisk(spec.name, 'wal')), 3 * mebibyte);
  t.like(await specOf(context, spec.name), { diskBytes: 16 * mebibyte, disks: [disk('wal', 3, 'vdc')] });
});

test('said twice it is done once', async (t) => {
  const { set, paths, spec } = await rig();
  await set([disk('data', 4)]);
  const digest = await digestOf(paths.extraDisk(spec.name, 'data'));
  await set([disk('data', 4)]);
  t.is(await digestOf(paths.extraDisk(spec.name, 'data')), digest);
});

test('no disk shrinks, and then nothing else changes either', async (t) => {
  const { set, files } = await rig();
  await set([disk('data', 4)]);
  t.is(await codeOf(t, set([disk('data', 2), disk('wal', 1, 'vdc')])), 'disk.cannot-shrink');
  t.is(await codeOf(t, set([], 4 * mebibyte)), 'disk.cannot-shrink');
  t.deepEqual(files(), ['data.qcow2', 'root.qcow2']);
});

test('while the guest runs disks only grow, by the engine', async (t) => {
  const { host, set, files, calls, spec, context } = await rig();
  await set([disk('data', 4)]);
  host.states.set(spec.name, 'running');
  t.is(await codeOf(t, set([disk('data', 4), disk('wal', 1, 'vdc')])), 'guest.not-stopped');
  t.is(await codeOf(t, set([])), 'guest.not-stopped');
  await set([disk('data', 6)]);
  t.deepEqual(calls, ['grow vdb 6291456']);
  t.deepEqual(files(), ['data.qcow2', 'root.qcow2']);
  t.like(await specOf(context, spec.name), { disks: [disk('data', 6)] });
});

test('no disk changes while the guest migrates', async (t) => {
  const { host, set, spec, context } = await rig();
  host.states.set(spec.name, 'running');
  const id = { operation: 'op-1', guest: spec.name };
  await keepRecord(context, { ...newRecord(id, 'source'), step: 'prepared' });
  host.states.set(spec.name, 'paused');
  t.is(await codeOf(t, set([], 16 * mebibyte)), 'migrate.busy');
});

test('a machine that is not taken leaves the guest the disks that it had', async (t) => {
  const { context, set, files, spec } = await rig();
  context.engine('kvm').define = () => Promise.reject(new BlanketError('libvirt.failed', 'It says no.'));
  t.is(await codeOf(t, set([disk('data', 4)])), 'libvirt.failed');
  t.deepEqual(files(), ['root.qcow2']);
  t.deepEqual((await specOf(context, spec.name))?.disks, []);
});

test('what a crash left of another disk is not what a new one begins with', async (t) => {
  const { set, paths, spec } = await rig();
  writeFileSync(paths.extraDisk(spec.name, 'data'), 'old content');
  await set([disk('data', 4)]);
  t.is(await virtualBytesOf(paths.extraDisk(spec.name, 'data')), 4 * mebibyte);
});

test('a disk whose file is gone is told of, and nothing is made in its place by listing', async (t) => {
  const { set, list, paths, spec } = await rig();
  await set([disk('data', 4)]);
  await run('rm', [paths.extraDisk(spec.name, 'data')]);
  t.is(await codeOf(t, list()), 'disk.gone');
  t.false(existsSync(paths.extraDisk(spec.name, 'data')));
});
