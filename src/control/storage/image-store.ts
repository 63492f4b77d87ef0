/**
 * Images on control's own disk, named by the digest of their content, read-only once they are in.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { CommandError, run } from '../../process/run.ts';
import { agentPaths } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { PhaseContext } from '../run-phases.ts';
import type { Services } from '../services.ts';
import type { ImageRecord } from '../store/records.ts';

/** The part of `qemu-img info --output=json` that matters (QEMU's QAPI type ImageInfo). */
const infoSchema = z.object({
  format: z.string(),
  'virtual-size': z.int(),
  'backing-filename': z.string().optional(),
});

const pathOf = (state: string, digest: string): string => join(state, 'images', `${digest.slice(7)}.qcow2`);

/**
 * Takes a disk file in: checked, copied, named by its digest.
 * @throws BlanketError `image.unreadable`, `image.not-an-image`, `image.format`, `image.backing-file`,
 *   `image.no-space`
 */
export async function importImage(state: string, name: string, path: string): Promise<ImageRecord> {
  const { virtualBytes } = await inspect(path);
  const part = join(state, 'images', `.${name}.${process.pid}.part`);
  await mkdir(join(state, 'images'), { recursive: true });
  try {
    await copyFile(path, part, constants.COPYFILE_FICLONE);
    const digest = await digestOf(part);
    const target = pathOf(state, digest);
    const { size: bytes } = await stat(part);
    await settle(part, target);
    return { name, digest, bytes, virtualBytes, createdAt: new Date().toISOString() };
  } catch (cause) {
    throw noSpace(cause) ? spaceError(path, cause) : cause;
  } finally {
    await rm(part, { force: true });
  }
}

/** Removes an image's file. The caller has made sure that nothing names it any more. */
export const removeImageFile = (state: string, digest: string): Promise<void> =>
  rm(pathOf(state, digest), { force: true });

/** Sends control's copy to a host. @throws BlanketError `image.gone` or as the agent says */
export async function uploadImage(
  { agents, paths }: Services,
  host: string,
  digest: string,
  progress: PhaseContext<never>['progress'],
): Promise<void> {
  const file = pathOf(paths.state, digest);
  if (!existsSync(file)) {
    throw new BlanketError('image.gone', `The file of image ${digest} is not in control's store.`, {
      next: 'Import it again.',
      data: { digest },
    });
  }
  const upload = `${agentPaths.uploads}/${basename(file)}`;
  const message = `sending the image to ${host}`;
  await agents.upload(host, file, upload, (doneBytes, totalBytes) =>
    progress({ message, doneBytes, totalBytes }),
  );
  await agents.call(host, 'image.adopt', { digest, upload }, { timeoutMs: 300_000 });
}

async function inspect(path: string): Promise<{ virtualBytes: number }> {
  const info = infoSchema.parse(JSON.parse(await imageInfo(path)));
  if (info['backing-filename'] !== undefined) {
    throw usage('image.backing-file', `${path} has a backing file, ${info['backing-filename']}.`, path, {
      next: `Make it whole first: qemu-img convert -O qcow2 ${path} whole.qcow2`,
    });
  }
  if (info.format !== 'qcow2') {
    throw usage('image.format', `${path} is ${info.format}, not qcow2.`, path, {
      next: `Convert it first: qemu-img convert -O qcow2 ${path} image.qcow2`,
    });
  }
  return { virtualBytes: info['virtual-size'] };
}

async function imageInfo(path: string): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw usage('image.unreadable', `${path} cannot be read.`, path, { cause });
  });
  if (!found.isFile()) throw usage('image.unreadable', `${path} is not a file.`, path, {});
  try {
    return (await run('qemu-img', ['info', '--output=json', '--force-share', path])).stdout;
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    throw usage('image.not-an-image', `${path} is not a disk image.`, path, { cause });
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

/** Makes the file durable and read-only under its final name. */
async function settle(part: string, target: string): Promise<void> {
  const file = await open(part, 'r');
  await file.chmod(0o444);
  await file.sync();
  await file.close();
  await rename(part, target);
}

const noSpace = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

const spaceError = (path: string, cause: unknown): BlanketError =>
  new BlanketError('image.no-space', `There is no room for a copy of ${path} in control's store.`, {
    next: 'Free disk space under the state directory that `blanket status` shows.',
    data: { path },
    cause,
  });

const usage = (code: string, message: string, path: string, more: { next?: string; cause?: unknown }) =>
  new BlanketError(code, message, { kind: 'usage', data: { path }, ...more });
