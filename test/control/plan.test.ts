import test from 'ava';
import { checkReadings, checkRecords, type Readings } from '../../src/control/migrate/plan.ts';
import type { GuestRecord, HostRecord } from '../../src/control/store/records.ts';

const GIB = 2 ** 30;
const guest = { name: 'web1', host: 'a1', state: 'running', engine: 'kvm', memoryMiB: 128 } as GuestRecord;
const host = (name: string, change: Partial<HostRecord> = {}): HostRecord =>
  ({ name, state: 'ready', engine: 'kvm', ...change }) as HostRecord;

const records: [what: string, guest: Partial<GuestRecord>, to: HostRecord, code: string | undefined][] = [
  ['all is well', {}, host('b1'), undefined],
  ['it is there already', {}, host('a1'), 'migrate.same-host'],
  ['it is stopped', { state: 'stopped' }, host('b1'), 'migrate.not-running'],
  ['the destination is away', {}, host('b1', { state: 'unreachable' }), 'migrate.destination-down'],
  ['the destination is being made', {}, host('b1', { state: 'provisioning' }), 'migrate.destination-down'],
  ['the engines differ', {}, host('b1', { engine: 'xen' }), 'migrate.other-engine'],
];

for (const [what, change, to, code] of records) {
  test(`records: ${what}`, (t) => {
    const check = () => checkRecords({ ...guest, ...change }, to);
    if (code === undefined) t.notThrows(check);
    else t.is(t.throws(check, { code })?.name, 'BlanketError');
  });
}

const well: Readings = {
  guest,
  source: host('a1'),
  destination: host('b1'),
  atSource: { name: 'web1', uuid: '', state: 'running', disk: true, diskAllocated: 4 * 2 ** 20 },
  atDestination: { name: 'web1', uuid: '', state: 'absent', disk: false, diskAllocated: 0 },
  room: { memoryFree: GIB, diskFree: GIB },
};

const readings: [what: string, change: Partial<Readings>, code: string | undefined][] = [
  ['all is well', {}, undefined],
  ['it does not run', { atSource: { ...well.atSource, state: 'paused' } }, 'migrate.not-running'],
  ['a domain is there', { atDestination: { ...well.atDestination, state: 'stopped' } }, 'migrate.name-taken'],
  ['a disk is there', { atDestination: { ...well.atDestination, disk: true } }, 'migrate.name-taken'],
  ['memory is short', { room: { ...well.room, memoryFree: 128 * 2 ** 20 } }, 'migrate.no-memory'],
  ['disk is short', { room: { ...well.room, diskFree: 4 * 2 ** 20 } }, 'migrate.no-disk'],
];

for (const [what, change, code] of readings) {
  test(`readings: ${what}`, (t) => {
    const check = () => checkReadings({ ...well, ...change });
    if (code === undefined) t.notThrows(check);
    else t.like(t.throws(check, { code }), { kind: 'blocked' });
  });
}
