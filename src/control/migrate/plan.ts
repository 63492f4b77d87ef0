/** What must be true before a guest is touched. Each finding has a stable code and says what to do. */

import type { AgentResult } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { GuestRecord, HostRecord } from '../store/records.ts';

export type Readings = {
  guest: GuestRecord;
  source: HostRecord;
  destination: HostRecord;
  /** The guest as the source and the destination see it. */
  atSource: AgentResult<'guest.view'>;
  atDestination: AgentResult<'guest.view'>;
  room: Pick<AgentResult<'host.status'>, 'memoryFree' | 'diskFree'>;
};

/** QEMU's own use of memory beside the guest's, and what the host should keep. */
const MEMORY_RESERVE = 64 * 2 ** 20;
const DISK_RESERVE = 64 * 2 ** 20;

const blocked = (code: string, message: string, next: string): BlanketError =>
  new BlanketError(code, message, { kind: 'blocked', next });

/** What can be said from the store alone, before an operation is made. @throws BlanketError, kind `blocked` */
export function checkRecords(guest: GuestRecord, destination: HostRecord): void {
  const { name, host, state, engine } = guest;
  if (host === destination.name) {
    throw blocked('migrate.same-host', `${name} is on ${host} already.`, 'Name another host with --to.');
  }
  if (state !== 'running') {
    throw blocked(
      'migrate.not-running',
      `${name} is ${state}; only a running guest can be migrated live.`,
      `Start it with \`blanket guest start ${name}\`.`,
    );
  }
  if (destination.state !== 'ready') {
    throw blocked(
      'migrate.destination-down',
      `${destination.name} is ${destination.state}.`,
      `See \`blanket host show ${destination.name}\`.`,
    );
  }
  if (destination.engine !== engine) {
    const message = `${name} runs on the engine ${engine}, ${destination.name} carries ${destination.engine}.`;
    throw blocked('migrate.other-engine', message, 'Choose a host with the same engine.');
  }
}

/** The first finding that blocks. @throws BlanketError, kind `blocked` */
export function checkReadings({ guest, source, destination, atSource, atDestination, room }: Readings): void {
  if (atSource.state !== 'running') {
    const message = `${guest.name} is ${atSource.state} on ${source.name}, not running.`;
    throw blocked('migrate.not-running', message, `See \`blanket console ${guest.name}\`.`);
  }
  if (atDestination.state !== 'absent' || atDestination.disk) {
    const message = `${destination.name} has something named ${guest.name} already (${atDestination.state}).`;
    throw blocked('migrate.name-taken', message, `Look at it: blanket host ssh ${destination.name}`);
  }
  const memory = guest.memoryMiB * 2 ** 20 + MEMORY_RESERVE;
  if (room.memoryFree < memory) {
    const message = `${destination.name} has ${room.memoryFree} bytes of memory free, ${guest.name} needs ${memory}.`;
    throw blocked('migrate.no-memory', message, 'Stop a guest there, or choose another host.');
  }
  const disk = atSource.diskAllocated + DISK_RESERVE;
  if (room.diskFree < disk) {
    const message = `${destination.name} has ${room.diskFree} bytes of disk free, ${guest.name} needs ${disk}.`;
    throw blocked('migrate.no-disk', message, 'Free room there, or choose another host.');
  }
}
