/**
 * Post-copy: the guest goes over before the rest of its memory, and has it fetched from the source.
 *
 *   source       begun -> switched (on the disk) -> libvirt is told -> perform resolves: paused, reason postcopy
 *   destination  prepared -> switched (on the disk) -> finish: runs, and resolves once all memory is here
 *
 * From the switch on the source's copy of the guest is no longer whole, and QEMU never runs it again. libvirt tells the switch as
 * the reason of the source's state (qemuMigrationSrcPostcopyFailed, qemuProcessHandleStop; libvirt 9 to 11). When the way
 * breaks, both sides are kept with the reason `postcopy-failed`, and the migration may be taken up again (`recover.ts`).
 */
import { z } from 'zod';
import { isLibvirtError } from '../../libvirt/errors.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { MigrationStats } from '../../wire/migration.ts';
import type { Engine, MigrationSide } from '../engines/engine.ts';
import { logError } from '../log.ts';
import type { MigrationRecord } from './record.ts';

/**
 * The guest has gone from this source for good. That is sure once perform has answered so, which is on the disk before it is
 * told; until then nobody lets it run at the destination, so that one which has ended here is as after any other crash.
 */
export async function hasSwitched(engine: Engine, record: MigrationRecord): Promise<boolean> {
  const { side, step, closed, guest, results } = record;
  if (side !== 'source' || step !== 'switched' || closed) return false;
  const state = await engine.state(guest);
  if (state === 'running') return false;
  if (answered.safeParse(results.perform).success) return true;
  return state === 'paused' && (await engine.postCopy(guest)) !== 'none';
}

const answered = z.object({ postcopy: z.literal(true) });

/** Whatever was decided elsewhere. @throws BlanketError `migrate.switched` */
export async function refuseSwitched(engine: Engine, record: MigrationRecord): Promise<void> {
  const arrives = record.side === 'destination' && record.step === 'switched' && !record.closed;
  if (arrives || (await hasSwitched(engine, record))) throw switched(record);
}

const switched = ({ guest, side, operation }: MigrationRecord): BlanketError =>
  new BlanketError(
    'migrate.switched',
    side === 'source'
      ? `${guest} has gone to the destination in post-copy; it never runs here again.`
      : `${guest} has come here in post-copy; nothing of it is removed here.`,
    {
      kind: 'attention',
      next: `Resume the operation with \`blanket op resume ${operation}\`: it only goes forward.`,
      data: { guest, operation },
    },
  );

/**
 * All passes, that of post-copy too, told by the source before it is confirmed: libvirt's final numbers are those of the switch
 * until then, and then the domain is gone. `undefined`: the hypervisor does not tell; a migration does not fail for numbers.
 */
export async function sentInAll(side: MigrationSide): Promise<MigrationStats | undefined> {
  try {
    return await side.stats();
  } catch (error) {
    if (!isLibvirtError(error)) throw error;
    logError('migrate.numbers-unread', error);
    return undefined;
  }
}

/** What a destination has of a guest that comes in post-copy. */
export type Arrival = 'waits' | 'comes' | 'broken' | 'whole' | 'lost';

export async function arrivalOf(engine: Engine, guest: string): Promise<Arrival> {
  const state = await engine.state(guest);
  if (state === 'absent' || state === 'stopped') return 'lost';
  switch (await engine.postCopy(guest)) {
    case 'active':
      return 'comes';
    case 'failed':
      return 'broken';
    case 'none':
      return state === 'running' ? 'whole' : 'waits';
  }
}

const sentences: Record<'comes' | 'broken' | 'lost', readonly [code: string, rest: string]> = {
  comes: ['migrate.postcopy-active', 'runs here, and its memory is on its way'],
  broken: ['migrate.postcopy-failed', 'lost its way in post-copy: the rest of its memory is at the source'],
  lost: ['migrate.postcopy-lost', 'ended here in post-copy, and its memory with it'],
};

export function notArrived(guest: string, arrival: keyof typeof sentences, cause?: unknown): BlanketError {
  const [code, rest] = sentences[arrival];
  const kind = arrival === 'comes' ? 'conflict' : 'attention';
  return new BlanketError(code, `${guest} ${rest}.`, { kind, cause, data: { guest } });
}
