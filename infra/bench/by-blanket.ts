/** The guests, migrated by `blanket migrate`, all at once. */
import { z } from 'zod';
import { migrationResultSchema } from '../../src/wire/resources.ts';
import type { Seat } from '../demo/blanket.ts';
import type { Moved } from './measures.ts';
import type { Peer } from './peers.ts';

const reportSchema = migrationResultSchema.extend({
  phases: z.array(z.object({ name: z.string(), durationMs: z.number().nullable() })),
});

async function migrate({ blanket }: Seat, guest: string, to: string, single: boolean) {
  const options = single ? {} : { label: guest };
  const text = await blanket(['migrate', guest, '--to', to, '-o', 'json'], {
    ...options,
    limitMs: 7_200_000,
  });
  return reportSchema.parse(JSON.parse(text));
}

type Ground = { seat: Seat; guests: readonly string[] };

/** Total is that of the slowest, from the request to the end; downtime the longest, as Blanket tells it. */
export async function migrateByBlanket({ seat, guests }: Ground, _from: Peer, to: Peer): Promise<Moved> {
  const reports = await Promise.all(
    guests.map((guest) => migrate(seat, guest, to.host, guests.length === 1)),
  );
  const downtimes = reports.map(({ downtimeMs }) => downtimeMs ?? Number.NaN);
  if (downtimes.some(Number.isNaN)) throw new Error('Blanket did not measure the downtime.');
  const copies = reports.map(({ phases }) => phases.find(({ name }) => name === 'copy')?.durationMs ?? 0);
  return {
    totalMs: Math.max(...reports.map(({ totalMs }) => totalMs)),
    downtimeMs: Math.max(...downtimes),
    copyMs: Math.max(...copies),
  };
}
