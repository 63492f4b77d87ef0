/** After a cold migration, or instead of one: the guest lives here, as it is. */
import { BlanketError } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import { hasDisk } from '../disks.ts';
import type { Engine, GuestState } from '../engines/engine.ts';
import { specOf } from '../guests.ts';
import { closeSide } from '../migrate/live.ts';
import { keepRecord, type MigrationRecord } from '../migrate/record.ts';

/** Starts nothing: whether it is to run is for control to say. @throws BlanketError `guest.lost` */
export async function keepCold(
  context: Context,
  engine: Engine,
  record: MigrationRecord,
): Promise<{ state: GuestState }> {
  const { guest, operation, side, closed } = record;
  if ((await engine.state(guest)) === 'absent') {
    const spec = await specOf(context, guest);
    if (spec === undefined || !(await hasDisk(context.paths, guest))) {
      throw new BlanketError('guest.lost', `${guest} is not on this host, so it cannot be kept here.`, {
        kind: 'attention',
      });
    }
    await engine.define(spec);
  }
  await closeSide(context.live, operation);
  const end = side === 'source' ? { cancelled: true } : { step: 'finished' as const };
  if (!closed) await keepRecord(context, record, { closed: true, ...end });
  return { state: await engine.state(guest) };
}
