/** Every call that this client knows, by the file that lists it. */
import type { Procedure } from '../procedure.ts';
import { backupCalls } from './backup.ts';
import { blockCalls } from './block.ts';
import { checkpointCalls } from './checkpoint.ts';
import { connectCalls } from './connect.ts';
import { deviceCalls } from './device.ts';
import { domainCalls } from './domain.ts';
import { eventCalls } from './events.ts';
import { guestCalls } from './guest.ts';
import { migrationCalls } from './migration.ts';
import { networkCalls } from './network.ts';
import { qemuCalls } from './qemu.ts';
import { saveCalls } from './save.ts';
import { secretCalls } from './secret.ts';
import { snapshotCalls } from './snapshot.ts';
import { poolCalls, volumeCalls } from './storage.ts';
import { tuningCalls } from './tuning.ts';
import { vcpuCalls } from './vcpu.ts';

export const sections: Readonly<Record<string, Readonly<Record<string, Procedure<unknown, unknown>>>>> = {
  connection: connectCalls,
  domain: domainCalls,
  vcpus: vcpuCalls,
  devices: deviceCalls,
  saves: saveCalls,
  tuning: tuningCalls,
  guest: guestCalls,
  disks: blockCalls,
  snapshots: snapshotCalls,
  checkpoints: checkpointCalls,
  backups: backupCalls,
  migration: migrationCalls,
  'storage pools': poolCalls,
  volumes: volumeCalls,
  networks: networkCalls,
  secrets: secretCalls,
  events: eventCalls,
  qemu: qemuCalls,
};

export const allProcedures: readonly Procedure<unknown, unknown>[] = Object.values(sections).flatMap(
  (calls) => Object.values(calls),
);
