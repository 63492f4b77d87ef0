/** A guest's disks. */
import { BlanketError } from '../../wire/errors.ts';
import { type DiskChange, withDisk, withGrown, withoutDisk } from '../guest/disks.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import type { Handlers } from './handlers.ts';

type Names = 'disk.list' | 'disk.add' | 'disk.remove' | 'disk.grow';

function needStopped(guest: GuestRecord): GuestRecord {
  const { name, state } = guest;
  if (state === 'stopped') return guest;
  throw new BlanketError('guest.not-stopped', `${name} is ${state}; disks come and go while it is stopped.`, {
    kind: 'conflict',
    next: `Stop it first: \`blanket guest stop ${name}\`.`,
    data: { guest: name, state },
  });
}

export const diskHandlers = ({ store, operations, agents }: Services): Handlers<Names> => {
  /** First: a guest that migrates is not "not stopped". @throws BlanketError `operation.busy` */
  const idle = (name: string): GuestRecord => {
    operations.needIdle(`guest/${name}`);
    return store.guests.get(name);
  };
  const begin = ({ name, host }: GuestRecord, change: DiskChange) =>
    operations.start('guest.disk', `guest/${name}`, { guest: name, host, ...change });
  return {
    async 'disk.list'({ params: { name } }) {
      const { disks } = await agents.call(store.guests.get(name).host, 'disk.list', { name });
      return disks;
    },
    'disk.add'({ params: { name }, body }) {
      const guest = needStopped(idle(name));
      return begin(guest, withDisk(guest, body));
    },
    'disk.remove'({ params: { name, disk } }) {
      const guest = needStopped(idle(name));
      return begin(guest, withoutDisk(guest, disk));
    },
    'disk.grow'({ params: { name, disk }, body: { bytes } }) {
      const guest = idle(name);
      return begin(guest, withGrown(guest, disk, bytes));
    },
  };
};
