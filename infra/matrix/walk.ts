/**
 * One counting guest goes through every ordered pair of hosts, watched from outside on each leg. A leg that fails is
 * a cell that says why; the guest is then made anew at the leg's end, so that the others are tried too.
 *
 *   leg: observe ▶ migrate ▶ judge ──ok──▶ cell
 *                     └── failed ──▶ cell with the reason ▶ guest made anew at `to`
 */
import type { Seat } from '../demo/blanket.ts';
import { type Forward, openForward } from '../demo/forward.ts';
import { migrate, whileObserved } from '../demo/migration.ts';
import { awaitService, showGuest, stage } from '../demo/stage.ts';
import { circuit, type Leg } from './circuit.ts';

/** Times in ms, sizes in bytes. `gapMs`: the longest silence that the observer saw. */
export type Moved = Leg & {
  downtimeMs: number;
  gapMs: number;
  totalMs: number;
  memoryBytes: number;
  diskBytes: number;
};
/** What went wrong on a leg, a sentence. */
export type Failed = Leg & { failed: string };
export type Cell = Moved | Failed;

export type Walk = {
  seat: Seat;
  signal: AbortSignal;
  /** The host through which the observer looks; it must stay up. */
  via: string;
  onCell(cell: Cell): void;
};

const where = (host: string): string[] => [
  ...['--image', stage.image, '--host', host],
  ...['--network', stage.network.name],
];

/** Reaches a guest's service from outside and waits until it answers. */
async function reach({ seat, signal, via }: Walk, guest: string): Promise<Forward> {
  const forward = await openForward(seat, guest, stage.port, via, signal);
  try {
    await awaitService(forward.address, signal);
    return forward;
  } catch (error) {
    await forward.close();
    throw error;
  }
}

/** Boots a guest of the image on a host, sees its service answer, and removes it. */
export async function bootOn(walk: Walk, host: string): Promise<void> {
  const { blanket } = walk.seat;
  const guest = `boot-${host}`;
  await blanket(['guest', 'create', guest, ...where(host)], { label: host });
  const forward = await reach({ ...walk, via: host }, guest);
  await forward.close();
  await blanket(['guest', 'stop', guest, '--force'], { label: host });
  await blanket(['guest', 'remove', guest, '--yes'], { label: host });
}

async function leg(walk: Walk, { address }: Forward, { from, to }: Leg): Promise<Moved> {
  const move = () => migrate(walk.seat, to);
  const { result, observation } = await whileObserved(address, walk.signal, move);
  const { downtimeMs, totalMs, memoryBytes, diskBytes } = result;
  const boots = observation.first.bootId === observation.last.bootId ? [] : ['The guest was booted anew.'];
  const measured = downtimeMs === null ? ['The downtime was not measured.'] : [];
  const faults = [...observation.faults, ...boots, ...measured];
  if (faults.length > 0) throw new Error(faults.join(' '));
  return { from, to, downtimeMs: downtimeMs ?? 0, gapMs: observation.gapMs, totalMs, memoryBytes, diskBytes };
}

/** Where a leg failed nothing is sure but that the guest is wanted at its end. */
async function makeAnew(walk: Walk, host: string): Promise<Forward> {
  const { blanket } = walk.seat;
  const { state } = await showGuest(walk.seat);
  if (state !== 'stopped') await blanket(['guest', 'stop', stage.guest, '--force']);
  await blanket(['guest', 'remove', stage.guest, '--yes', '--force']);
  await blanket(['guest', 'create', stage.guest, ...where(host)]);
  return await reach(walk, stage.guest);
}

/**
 * Every ordered pair of `hosts`, beginning with the guest on the first.
 * @throws Error when the guest cannot be made anew after a leg that failed, or on the signal.
 */
export async function walkAll(walk: Walk, hosts: readonly string[]): Promise<Cell[]> {
  const cells: Cell[] = [];
  let forward = await reach(walk, stage.guest);
  try {
    for (const next of circuit(hosts)) {
      const cell = await leg(walk, forward, next).catch((error: unknown): Failed => {
        walk.signal.throwIfAborted();
        return { ...next, failed: error instanceof Error ? error.message : String(error) };
      });
      cells.push(cell);
      walk.onCell(cell);
      if (!('failed' in cell)) continue;
      await forward.close();
      forward = await makeAnew(walk, next.to);
    }
  } finally {
    await forward.close();
  }
  return cells;
}
