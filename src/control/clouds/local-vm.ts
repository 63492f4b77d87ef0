/** One VM of a local cloud: made, run, described, removed. The caller sees to it that these do not overlap. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { serveCommand } from '../../../infra/metadata/serve-command.ts';
import { withWanCard } from '../../../infra/metadata/user-data.ts';
import { writeInstance } from '../../../infra/metadata/vm-files.ts';
import { attachPort, detachPort } from '../../../infra/wan/wan-client.ts';
import { run } from '../../process/run.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { CloudVm, VmSpec } from './cloud.ts';
import { leaseAddress, macOf, releaseAddress, wanPrefixLength } from './local-address.ts';
import type { LocalContext } from './local-config.ts';
import { makeDisk, requireImage } from './local-disk.ts';
import { isoOf, loadProfile, metadataOf, type Profile } from './local-profile.ts';
import { readRecord, type VmFiles, type VmRecord, vmFiles, writeRecord } from './local-record.ts';
import { makeSeed, writeSeed } from './local-seed.ts';
import { uplink } from './local-uplink.ts';
import { findQemu, qemuProgram, startQemu, stopQemu } from './qemu-process.ts';

/** A port found free may be taken before QEMU binds it. */
const portAttempts = 5;

/** Makes all that a VM needs and, last, its record. */
export async function makeVm(
  { cloud, config, paths }: LocalContext,
  spec: VmSpec,
  files: VmFiles,
  signal: AbortSignal,
): Promise<void> {
  const profile = await loadProfile(config.profile);
  const { name, vcpus, memoryMiB, diskGiB } = spec;
  const image = resolve(spec.image);
  await rm(files.directory, { recursive: true, force: true }); // what an interrupted attempt has left
  await mkdir(files.directory, { recursive: true, mode: 0o700 });
  const id = uuidFor(profile);
  const address = await leaseAddress(paths, cloud, name);
  await makeDisk(image, files.disk, diskGiB, signal);
  await giveUserData(profile, { id, spec, address, ...macs(cloud, name) }, files, signal);
  await writeRecord(files, {
    version: 1,
    id,
    cloud,
    name,
    profile: profile.name,
    accel: config.accel,
    image,
    vcpus,
    memoryMiB,
    diskGiB,
    address,
    sshPort: await freePort(),
  });
}

type NewVm = { id: string; spec: VmSpec; address: string; uplinkMac: string; wanMac: string };

/** On a CD, from the cloud's metadata service, or both ways, as the profile has it. */
async function giveUserData(
  profile: Profile,
  { spec, ...vm }: NewVm,
  files: VmFiles,
  signal: AbortSignal,
): Promise<void> {
  const iso = isoOf(profile);
  if (iso !== undefined) await writeSeed(makeSeed(iso, { ...spec, ...vm }), files.seed, signal);
  const kind = metadataOf(profile);
  if (kind === undefined) return;
  const { name, userData, vcpus, memoryMiB, diskGiB } = spec;
  const wan = { mac: vm.wanMac, address: vm.address, prefixLength: wanPrefixLength };
  await writeInstance(files.directory, {
    version: 1,
    kind,
    id: vm.id,
    name,
    userData: iso === undefined ? withWanCard(userData, wan) : userData,
    vcpus,
    memoryMiB,
    diskGiB,
    uplink: { mac: vm.uplinkMac, address: uplink.address, prefixLength: uplink.prefixLength },
    wan,
    launchedAt: new Date().toISOString(),
    secret: randomBytes(32).toString('hex'),
  });
}

/**
 * Sees to it that a recorded VM runs and is on the WAN.
 * @throws `cloud.vm-start-failed`, `cloud.no-port`, `cloud.image-missing`
 */
export async function runVm(context: LocalContext, files: VmFiles, signal: AbortSignal): Promise<CloudVm> {
  let record = await requireRecord(files);
  if ((await findQemu(identity(files, record))) === undefined) record = await startVm(files, record, signal);
  await attachPort(context.paths, portOf(files, record));
  return await describeVm(files, record);
}

export async function describeVm(files: VmFiles, record: VmRecord): Promise<CloudVm> {
  return {
    id: record.id,
    name: record.name,
    state: (await findQemu(identity(files, record))) === undefined ? 'stopped' : 'running',
    ssh: { host: '127.0.0.1', port: record.sshPort },
    address: record.address,
  };
}

/** Removes a VM, whole or half-made. Idempotent; the directory goes last, so that an error can be retried. */
export async function removeVm({ cloud, paths }: LocalContext, name: string): Promise<void> {
  const files = await vmFiles(paths, cloud, name);
  const record = await readRecord(files);
  if (record !== undefined) {
    await stopQemu({ ...identity(files, record), qmpSocket: files.qmpSocket });
    await detachPort(paths, portOf(files, record).port);
  }
  await releaseAddress(paths, cloud, name);
  for (const path of [files.qmpSocket, files.wanSocket, files.directory]) {
    await rm(path, { recursive: true, force: true });
  }
}

async function startVm(files: VmFiles, given: VmRecord, signal: AbortSignal): Promise<VmRecord> {
  await requireImage(given.image);
  const profile = await loadProfile(given.profile);
  const sandbox = await hasSandbox(signal);
  let record = given;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await startQemu({ ...qemuSpec(files, record, profile), sandbox }, files.log, signal);
      return record;
    } catch (error) {
      const taken = error instanceof BlanketError && error.code === 'cloud.port-taken';
      if (!taken || attempt === portAttempts) throw error;
      record = { ...record, sshPort: await freePort() };
      await writeRecord(files, record);
    }
  }
}

const qemuSpec = (files: VmFiles, record: VmRecord, profile: Profile) => ({
  profile,
  accel: record.accel,
  name: `${record.cloud}/${record.name}`,
  uuid: record.id,
  vcpus: record.vcpus,
  memoryMiB: record.memoryMiB,
  sshPort: record.sshPort,
  ...files,
  seed: isoOf(profile) === undefined ? undefined : files.seed,
  metadata: metadataOf(profile) === undefined ? undefined : serveCommand(files.directory),
  ...macs(record.cloud, record.name),
});

const identity = (files: VmFiles, record: VmRecord) => ({ uuid: record.id, pid: files.pid });

const portOf = (files: VmFiles, { cloud, name }: VmRecord) => ({
  port: `${cloud}/${name}`,
  cloud,
  socket: files.wanSocket,
});

const macs = (cloud: string, name: string) => ({
  uplinkMac: macOf(cloud, name, 'uplink'),
  wanMac: macOf(cloud, name, 'wan'),
});

async function requireRecord(files: VmFiles): Promise<VmRecord> {
  const record = await readRecord(files);
  if (record !== undefined) return record;
  throw new BlanketError('cloud.vm-not-found', `There is no VM at ${files.directory}.`, {
    kind: 'not-found',
  });
}

function uuidFor({ uuidPrefix = '' }: Profile): string {
  return `${uuidPrefix}${randomUUID().slice(uuidPrefix.length)}`;
}

async function hasSandbox(signal: AbortSignal): Promise<boolean> {
  const { stdout } = await run(qemuProgram, ['-help'], { signal, timeoutMs: 30_000 });
  return stdout.includes('-sandbox');
}

/** A port of 127.0.0.1 on which nobody listens just now. */
function freePort(): Promise<number> {
  return new Promise((found, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => found(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
