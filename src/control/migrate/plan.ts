/** What must be true before a guest is touched, from the store and from both hosts. Each finding has a stable id and says what to do. */

import type { AgentResult } from '../../wire/agent.ts';
import type { Finding } from '../../wire/migration-plan.ts';
import type { GuestRecord, HostRecord } from '../store/records.ts';
import { blocker, refuseBlocked } from './findings/finding.ts';

export type Readings = {
  guest: GuestRecord;
  source: HostRecord;
  destination: HostRecord;
  /** The guest as the source and the destination see it. */
  atSource: AgentResult<'guest.view'>;
  atDestination: AgentResult<'guest.view'>;
  room: Pick<AgentResult<'host.status'>, 'memoryFree' | 'diskFree'>;
  /** Of the image that the destination lacks; absent or 0 when it has it. */
  imageBytes?: number;
  /** It goes while it is stopped. */
  cold?: boolean;
};

/** QEMU's own use of memory beside the guest's, and what the host should keep. */
const MEMORY_RESERVE = 64 * 2 ** 20;
const DISK_RESERVE = 64 * 2 ** 20;

/** What can be said from the store alone, before an operation is made. */
export function recordFindings(guest: GuestRecord, destination: HostRecord, cold = false): Finding[] {
  const { name, host, state, engine } = guest;
  const to = destination.name;
  const found: Finding[] = [];
  if (host === to) {
    found.push(
      blocker('migrate.same-host', `${name} is on ${host} already.`, 'Name another host with --to.', {
        host,
      }),
    );
  }
  if (state !== 'running' && !(cold && state === 'stopped')) {
    const message = `${name} is ${state}; only a running guest can be migrated live.`;
    const start = `Start it with \`blanket guest start ${name}\``;
    const next = state === 'stopped' ? `${start}, or migrate it as it is with --mode cold.` : `${start}.`;
    found.push(blocker('migrate.not-running', message, next, { guest: name, state }));
  }
  if (destination.state !== 'ready') {
    const message = `${to} is ${destination.state}.`;
    const data = { host: to, state: destination.state };
    found.push(blocker('migrate.destination-down', message, `See \`blanket host show ${to}\`.`, data));
  }
  // an engine that is not known yet is that of a host which is not ready, and that is said
  if (destination.engine !== engine && (destination.engine !== null || destination.state === 'ready')) {
    const has = destination.engine ?? 'none';
    const message = `${name} runs on the engine ${engine}, ${to} carries ${has}.`;
    const data = { guest: engine, host: has };
    found.push(blocker('migrate.other-engine', message, 'Choose a host with the same engine.', data));
  }
  return found;
}

/** @throws BlanketError, kind `blocked`, with all blockers of `recordFindings` */
export const checkRecords = (guest: GuestRecord, destination: HostRecord, cold = false): void =>
  refuseBlocked(recordFindings(guest, destination, cold));

/** Rounded so that what is free never seems to be enough when it is not. */
const mib = (bytes: number, round: (value: number) => number): string => `${round(bytes / 2 ** 20)} MiB`;

function shortage(
  what: 'memory' | 'disk',
  host: string,
  guest: string,
  free: number,
  needed: number,
): Finding[] {
  if (free >= needed) return [];
  const message = `${host} has ${mib(free, Math.floor)} of ${what} free, ${guest} needs ${mib(needed, Math.ceil)}.`;
  const data = { host, free, needed };
  return what === 'memory'
    ? [blocker('migrate.no-memory', message, 'Stop a guest there, or choose another host.', data)]
    : [blocker('migrate.no-disk', message, 'Free room there, or choose another host.', data)];
}

/** What both hosts say of the guest and of the room for it. */
export function readingFindings(readings: Readings): Finding[] {
  const {
    guest,
    source,
    destination,
    atSource,
    atDestination,
    room,
    imageBytes = 0,
    cold = false,
  } = readings;
  const found: Finding[] = [];
  if (atSource.state !== 'running' && !(cold && atSource.state === 'stopped')) {
    const message = `${guest.name} is ${atSource.state} on ${source.name}, not running.`;
    const data = { guest: guest.name, state: atSource.state };
    found.push(blocker('migrate.not-running', message, `See \`blanket console ${guest.name}\`.`, data));
  }
  if (atDestination.state !== 'absent' || atDestination.disk) {
    const message = `${destination.name} has something named ${guest.name} already (${atDestination.state}).`;
    const data = { host: destination.name, state: atDestination.state, disk: atDestination.disk };
    found.push(
      blocker('migrate.name-taken', message, `Look at it: blanket host ssh ${destination.name}`, data),
    );
  }
  const memory = guest.memoryMiB * 2 ** 20 + MEMORY_RESERVE;
  const disk = atSource.diskAllocated + imageBytes + DISK_RESERVE;
  return [
    ...found,
    ...(atSource.state === 'stopped'
      ? []
      : shortage('memory', destination.name, guest.name, room.memoryFree, memory)),
    ...shortage('disk', destination.name, guest.name, room.diskFree, disk),
  ];
}

/** @throws BlanketError, kind `blocked`, with all blockers of `readingFindings` */
export const checkReadings = (readings: Readings): void => refuseBlocked(readingFindings(readings));
