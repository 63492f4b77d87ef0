/** A guest's disks become others: the agent is told all that there shall be, and says the same when it is told again. */
import type { Disk } from '../../wire/disk.ts';
import { reach } from '../agents/reach.ts';
import type { Definition } from '../operations/operations.ts';
import type { Services } from '../services.ts';

export type DiskState = { guest: string; host: string; diskBytes: number; disks: Disk[] };

/** An agent that was asked may have done it: to give up early would leave control knowing less than the host. */
const PATIENCE_MS = 120_000;

export const diskFlow = ({ agents, store }: Services): Definition<DiskState> => ({
  kind: 'guest.disk',
  afterRestart: 'resume',
  undoneState: 'failed',
  phases: [
    {
      name: 'set',
      async do({ state: { guest: name, host, diskBytes, disks } }) {
        await reach(() => agents.call(host, 'disk.set', { name, diskBytes, disks }), PATIENCE_MS);
      },
      // what an agent refuses it has not begun, or has taken back
    },
  ],
  end({ guest, host, diskBytes, disks }, outcome) {
    if (outcome.state === 'done') store.guests.update(guest, { diskBytes, disks });
    return { guest, host, diskBytes, disks };
  },
});
