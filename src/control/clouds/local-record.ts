/**
 * What the local cloud remembers of a VM, and where.
 *
 *   <state>/clouds/<cloud>/<vm>/
 *     vm.json      this record; a directory without it is a VM whose making was interrupted
 *     disk.qcow2   overlay on the image        seed.iso     user-data and network configuration
 *     console.log  the serial console          qemu.log     QEMU's own output    qemu.pid
 *     metadata.json, notice.json               what the metadata service tells (infra/metadata)
 */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from '../../../infra/wan/durable-file.ts';
import { socketDirectory } from '../../../infra/wan/wan-paths.ts';
import type { CloudPaths } from './cloud.ts';
import { accelSchema } from './local-config.ts';

export const vmRecordSchema = z.object({
  version: z.literal(1),
  /** A UUID, the VM's own in its firmware too. */
  id: z.uuid(),
  cloud: z.string(),
  name: z.string(),
  profile: z.string(),
  accel: accelSchema,
  /** Absolute path of the image that the disk lies on. */
  image: z.string(),
  vcpus: z.int().min(1),
  memoryMiB: z.int().min(1),
  diskGiB: z.int().min(1),
  /** On the WAN. */
  address: z.string(),
  /** On 127.0.0.1; chosen anew when it is taken. */
  sshPort: z.int(),
});
export type VmRecord = z.infer<typeof vmRecordSchema>;

export const cloudDirectory = (paths: CloudPaths, cloud: string): string =>
  join(paths.state, 'clouds', cloud);
export const vmDirectory = (paths: CloudPaths, cloud: string, vm: string): string =>
  join(cloudDirectory(paths, cloud), vm);

export type VmFiles = {
  readonly directory: string;
  readonly record: string;
  readonly disk: string;
  readonly seed: string;
  readonly console: string;
  readonly log: string;
  readonly pid: string;
  readonly qmpSocket: string;
  readonly wanSocket: string;
};

export async function vmFiles(paths: CloudPaths, cloud: string, vm: string): Promise<VmFiles> {
  const directory = vmDirectory(paths, cloud, vm);
  const sockets = await socketDirectory(paths);
  const short = createHash('sha256').update(`${cloud}/${vm}`).digest('hex').slice(0, 12);
  return {
    directory,
    record: join(directory, 'vm.json'),
    disk: join(directory, 'disk.qcow2'),
    seed: join(directory, 'seed.iso'),
    console: join(directory, 'console.log'),
    log: join(directory, 'qemu.log'),
    pid: join(directory, 'qemu.pid'),
    qmpSocket: join(sockets, `${short}.qmp`),
    wanSocket: join(sockets, `${short}.net`),
  };
}

export const readRecord = (files: VmFiles): Promise<VmRecord | undefined> =>
  readJson(files.record, vmRecordSchema);

export const writeRecord = (files: VmFiles, record: VmRecord): Promise<void> =>
  writeJson(files.record, record);

/** The names of a cloud's VMs, whole or half-made. */
export async function vmNames(paths: CloudPaths, cloud: string): Promise<string[]> {
  try {
    const entries = await readdir(cloudDirectory(paths, cloud), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
