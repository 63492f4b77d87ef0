import { appendFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { allocatedBytes, hasDisk, makeDisks, removeDisks } from '../../src/guest-agent/disks.ts';
import { adoptImage, digestOf, listImages, removeImage } from '../../src/guest-agent/images.ts';
import type { Paths } from '../../src/guest-agent/paths.ts';
import { virtualBytesOf } from '../../src/guest-agent/qcow2-header.ts';
import { run } from '../../src/process/run.ts';
import { BlanketError } from '../../src/wire/errors.ts';
import { guestSpec, scratchPaths } from './spec.ts';

const mebibyte = 1024 * 1024;
const codeOf = async (t: ExecutionContext, work: Promise<unknown>) =>
  (await t.throwsAsync(work, { instanceOf: BlanketError }))?.code;

function host(): Paths {
  const paths = scratchPaths();
  for (const folder of [paths.images, paths.uploads]) mkdirSync(folder, { recursive: true });
  return paths;
}

async function upload(paths: Paths, name: string, args: string[] = []): Promise<string> {
  const path = join(paths.uploads, name);
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...args, path, '4M']);
  return digestOf(path);
}

test('an uploaded image is taken in under its digest, read-only, and once', async (t) => {
  const paths = host();
  const digest = await upload(paths, 'a.qcow2');
  await adoptImage(paths, digest, join(paths.uploads, 'a.qcow2'));
  t.deepEqual(await listImages(paths), [{ digest, bytes: statSync(paths.image(digest)).size }]);
  t.is(statSync(paths.image(digest)).mode & 0o777, 0o444);
  t.deepEqual(readdirSync(paths.uploads), []);
  await upload(paths, 'again.qcow2');
  await adoptImage(paths, digest, 'again.qcow2');
  t.deepEqual(readdirSync(paths.uploads), []);
});

test('what is wrong with an upload is told apart, and nothing of it stays', async (t) => {
  const paths = host();
  const wrong = `sha256:${'0'.repeat(64)}`;
  await upload(paths, 'a.qcow2');
  t.is(await codeOf(t, adoptImage(paths, wrong, 'a.qcow2')), 'image.digest-mismatch');
  writeFileSync(join(paths.uploads, 'raw'), 'no image');
  const raw = await digestOf(join(paths.uploads, 'raw'));
  t.is(await codeOf(t, adoptImage(paths, raw, 'raw')), 'image.not-qcow2');
  writeFileSync(join(paths.state, 'base'), Buffer.alloc(mebibyte));
  const overlay = await upload(paths, 'o.qcow2', ['-b', join(paths.state, 'base'), '-F', 'raw']);
  t.is(await codeOf(t, adoptImage(paths, overlay, 'o.qcow2')), 'image.has-backing');
  t.is(await codeOf(t, adoptImage(paths, wrong, '../../etc/passwd')), 'image.no-upload');
  t.deepEqual([...readdirSync(paths.uploads), ...readdirSync(paths.images)], []);
});

test('a disk is an overlay of its own size; making it again leaves it as it is', async (t) => {
  const paths = host();
  const digest = await upload(paths, 'a.qcow2');
  await adoptImage(paths, digest, 'a.qcow2');
  const spec = guestSpec({ image: digest, diskBytes: 8 * mebibyte });
  await makeDisks(paths, spec);
  t.is(await virtualBytesOf(paths.disk(spec.name)), 8 * mebibyte);
  t.true(((await allocatedBytes(paths, spec.name)) ?? 0) < 4 * mebibyte);
  const { ino } = statSync(paths.disk(spec.name));
  await makeDisks(paths, spec);
  t.is(statSync(paths.disk(spec.name)).ino, ino);
  await removeDisks(paths, spec.name);
  t.false(await hasDisk(paths, spec.name));
});

test('what a guest takes is what all of its disks take', async (t) => {
  const paths = host();
  const digest = await upload(paths, 'a.qcow2');
  await adoptImage(paths, digest, 'a.qcow2');
  const disks = [{ name: 'data', bytes: 64 * mebibyte, target: 'vdb' as const }];
  const spec = guestSpec({ image: digest, diskBytes: 8 * mebibyte, disks });
  await makeDisks(paths, spec);
  const empty = (await allocatedBytes(paths, spec.name)) ?? 0;
  appendFileSync(paths.extraDisk(spec.name, 'data'), Buffer.alloc(4 * mebibyte, 'x'));
  t.true(((await allocatedBytes(paths, spec.name)) ?? 0) >= empty + 4 * mebibyte);
});

test('a disk without its image, or smaller than it, is not made', async (t) => {
  const paths = host();
  t.is(await codeOf(t, makeDisks(paths, guestSpec())), 'image.missing');
  const digest = await upload(paths, 'a.qcow2');
  await adoptImage(paths, digest, 'a.qcow2');
  const small = guestSpec({ image: digest, diskBytes: mebibyte });
  t.is(await codeOf(t, makeDisks(paths, small)), 'guest.disk-too-small');
  t.false(existsSync(paths.diskFolder(small.name)));
});

test('an image that carries disks is not removed', async (t) => {
  const paths = host();
  const digest = await upload(paths, 'a.qcow2');
  await adoptImage(paths, digest, 'a.qcow2');
  t.is(await codeOf(t, removeImage(paths, digest, ['traveller'])), 'image.in-use');
  await removeImage(paths, digest, []);
  t.deepEqual(await listImages(paths), []);
});
