/**
 * Where a VM's metadata lies, in the VM's own directory: written by who makes the VM, read anew for each answer.
 *
 *   metadata.json   the Instance          notice.json   the Notice, while there is one
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BlanketError } from '../../src/wire/errors.ts';
import { readJson, writeJson } from '../wan/durable-file.ts';
import { type Instance, instanceSchema, type Notice, noticeSchema, type Situation } from './instance.ts';

const instanceFile = (vm: string): string => join(vm, 'metadata.json');
const noticeFile = (vm: string): string => join(vm, 'notice.json');

/** `vm` is the VM's directory, here and below. */
export const writeInstance = (vm: string, instance: Instance): Promise<void> =>
  writeJson(instanceFile(vm), instance);

/** Lets the VM's service announce something; `undefined` takes it back. */
export async function setNotice(vm: string, notice: Notice | undefined): Promise<void> {
  if (notice === undefined) await rm(noticeFile(vm), { force: true });
  else await writeJson(noticeFile(vm), noticeSchema.parse(notice));
}

export const readNotice = (vm: string): Promise<Notice | undefined> => readJson(noticeFile(vm), noticeSchema);

/** @throws `metadata.no-instance` when the directory holds no metadata, `state.damaged` */
export async function readSituation(vm: string): Promise<Situation> {
  const instance = await readJson(instanceFile(vm), instanceSchema);
  if (instance === undefined) {
    throw new BlanketError('metadata.no-instance', `There is no VM with metadata at ${vm}.`, {
      kind: 'not-found',
    });
  }
  return { instance, notice: await readNotice(vm), now: new Date() };
}
