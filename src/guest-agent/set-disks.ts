/**
 * Which disks a guest that is there already has, and how large they are. Each step may be repeated, in this order, so a crash
 * between two of them is made good by asking again:
 *
 *   leftovers deleted ──▶ files made and grown ──▶ machine defined ──▶ spec kept ──▶ files that nothing names deleted
 */
import type { AgentParsed } from '../wire/agent.ts';
import { rootDisk, rootTarget } from '../wire/disk.ts';
import { BlanketError } from '../wire/errors.ts';
import type { GuestSpec } from '../wire/guest-spec.ts';
import type { HeldDisk } from '../wire/methods/disk.ts';
import type { Context } from './context.ts';
import { fileAllocated, makeDisks, removeOtherDisks } from './disks.ts';
import type { Engine } from './engines/engine.ts';
import { keepSpec, needGuest } from './guests.ts';
import { refuseWhileMigrating } from './migrate/admission.ts';
import type { Paths } from './paths.ts';
import { virtualBytesOf } from './qcow2-header.ts';
import { growFile } from './qemu-img.ts';

type Wanted = { name: string; target: HeldDisk['target']; path: string; bytes: number };

const wantedOf = (paths: Paths, { name: guest, diskBytes, disks }: GuestSpec): Wanted[] => [
  { name: rootDisk, target: rootTarget, path: paths.disk(guest), bytes: diskBytes },
  ...disks.map((disk) => ({ ...disk, path: paths.extraDisk(guest, disk.name) })),
];

/** As they are, and not as the spec has them. @throws BlanketError `guest.not-found` */
export async function listDisks(context: Context, guest: string): Promise<HeldDisk[]> {
  const { spec } = await needGuest(context, guest);
  const held: HeldDisk[] = [];
  for (const { name, target, path } of wantedOf(context.paths, spec)) {
    const allocated = await fileAllocated(path);
    if (allocated === undefined) throw gone(guest, name);
    held.push({ name, target, bytes: await virtualBytesOf(path), allocated });
  }
  return held;
}

const gone = (guest: string, disk: string): BlanketError =>
  new BlanketError('disk.gone', `The file of disk ${disk} of ${guest} is not on this host.`, {
    kind: 'attention',
    data: { guest, disk },
  });

/** Those that are there and are to be larger. @throws BlanketError `disk.cannot-shrink` */
async function growing(paths: Paths, spec: GuestSpec): Promise<Wanted[]> {
  const larger: Wanted[] = [];
  for (const wanted of wantedOf(paths, spec)) {
    if ((await fileAllocated(wanted.path)) === undefined) continue;
    const now = await virtualBytesOf(wanted.path);
    if (wanted.bytes < now) throw cannotShrink(spec.name, wanted, now);
    if (wanted.bytes > now) larger.push(wanted);
  }
  return larger;
}

const cannotShrink = (guest: string, { name, bytes }: Wanted, now: number): BlanketError =>
  new BlanketError('disk.cannot-shrink', `Disk ${name} of ${guest} has ${now} bytes; ${bytes} are fewer.`, {
    kind: 'usage',
    next: 'A disk only grows. For a smaller one add another, and copy what is to be kept.',
    data: { guest, disk: name, bytes: now },
  });

const placesOf = ({ disks }: GuestSpec): string =>
  disks
    .map(({ name, target }) => `${name} ${target}`)
    .sort()
    .join();

/** @throws BlanketError `guest.not-stopped` */
async function growLive(
  engine: Engine,
  before: GuestSpec,
  after: GuestSpec,
  larger: Wanted[],
): Promise<void> {
  if (placesOf(before) !== placesOf(after)) {
    throw new BlanketError('guest.not-stopped', `${before.name} runs, so its disks can only grow.`, {
      kind: 'conflict',
      next: `Stop it first: \`blanket guest stop ${before.name}\`.`,
    });
  }
  for (const { target, bytes } of larger) await engine.growDisk(before.name, target, bytes);
}

async function changeStopped(
  { paths }: Context,
  engine: Engine,
  before: GuestSpec,
  after: GuestSpec,
  larger: Wanted[],
): Promise<void> {
  try {
    await makeDisks(paths, after);
    for (const { path, bytes } of larger) await growFile(path, bytes);
    await engine.define(after);
  } catch (error) {
    await removeOtherDisks(paths, before);
    throw error;
  }
}

/**
 * @throws BlanketError `guest.not-found`, `guest.not-stopped`, `migrate.busy`, `disk.cannot-shrink`, and those of `makeDisks`;
 *   the guest then has the disks that it had.
 */
export async function setDisks(context: Context, wish: AgentParsed<'disk.set'>): Promise<void> {
  const { spec: before, engine } = await needGuest(context, wish.name);
  await refuseWhileMigrating(context, engine, wish.name);
  const after: GuestSpec = { ...before, diskBytes: wish.diskBytes, disks: wish.disks };
  const stopped = (await engine.state(wish.name)) === 'stopped';
  // Of a change that a crash ended: a new disk must not begin with an old one's content.
  if (stopped) await removeOtherDisks(context.paths, before);
  const larger = await growing(context.paths, after);
  if (stopped) await changeStopped(context, engine, before, after, larger);
  else await growLive(engine, before, after, larger);
  await keepSpec(context, after);
  if (stopped) await removeOtherDisks(context.paths, after);
}
