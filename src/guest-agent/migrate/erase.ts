/** What a migration leaves on this host is removed by the guest's UUID: a new guest may have got the name since. */
import type { Context } from '../context.ts';
import { eraseGuest, specOf } from '../guests.ts';
import type { MigrationRecord } from './record.ts';

export async function eraseIfSame(context: Context, { guest, spec }: MigrationRecord): Promise<void> {
  const here = await specOf(context, guest);
  if (here !== undefined && spec !== undefined && here.uuid !== spec.uuid) return;
  await eraseGuest(context, guest);
}
