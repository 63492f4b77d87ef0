/** What a guest's disks become when one is added, removed or grown. Pure. */
import { type Disk, type DiskWish, diskTargets, mostDisks, rootDisk } from '../../wire/disk.ts';
import { BlanketError } from '../../wire/errors.ts';

/** Of a guest: the root disk's size, and the disks beside it. */
export type Disks = { name: string; diskBytes: number; disks: readonly Disk[] };
export type DiskChange = { diskBytes: number; disks: Disk[] };

/** New disks get the first places that are free; those that are there keep theirs. */
export function placed(wishes: readonly DiskWish[], there: readonly Disk[] = []): Disk[] {
  const disks = [...there];
  for (const wish of wishes) {
    const target = diskTargets.find((one) => disks.every((disk) => disk.target !== one));
    if (target === undefined) throw tooMany();
    disks.push({ ...wish, target });
  }
  return disks;
}

const tooMany = (): BlanketError =>
  new BlanketError('disk.too-many', `A guest has at most ${mostDisks} disks beside its root disk.`, {
    kind: 'usage',
  });

/** @throws BlanketError `disk.exists`, `disk.too-many` */
export function withDisk({ name: guest, diskBytes, disks }: Disks, wish: DiskWish): DiskChange {
  if (disks.every(({ name }) => name !== wish.name)) return { diskBytes, disks: placed([wish], disks) };
  throw new BlanketError('disk.exists', `${guest} has a disk ${wish.name} already.`, {
    kind: 'conflict',
    next: `To make it larger: \`blanket guest disk grow ${guest} ${wish.name}=SIZE\`.`,
    data: { guest, disk: wish.name },
  });
}

const notFound = ({ name: guest, disks }: Disks, disk: string): BlanketError =>
  new BlanketError('disk.not-found', `${guest} has no disk ${disk}.`, {
    kind: 'not-found',
    data: { guest, disk, disks: [rootDisk, ...disks.map(({ name }) => name)] },
  });

/** @throws BlanketError `disk.not-found`, `disk.is-root` */
export function withoutDisk(guest: Disks, disk: string): DiskChange {
  if (disk === rootDisk) {
    throw new BlanketError('disk.is-root', `The root disk of ${guest.name} goes with the guest alone.`, {
      kind: 'usage',
      next: `Remove the guest: \`blanket guest remove ${guest.name}\`.`,
    });
  }
  const disks = guest.disks.filter(({ name }) => name !== disk);
  if (disks.length === guest.disks.length) throw notFound(guest, disk);
  return { diskBytes: guest.diskBytes, disks };
}

/** @throws BlanketError `disk.not-found`, `disk.cannot-shrink` */
export function withGrown(guest: Disks, disk: string, bytes: number): DiskChange {
  const { diskBytes } = guest;
  const sizes = new Map([[rootDisk, diskBytes], ...guest.disks.map((one) => [one.name, one.bytes] as const)]);
  const now = sizes.get(disk);
  if (now === undefined) throw notFound(guest, disk);
  if (bytes < now) {
    throw new BlanketError('disk.cannot-shrink', `Disk ${disk} of ${guest.name} has ${now} bytes already.`, {
      kind: 'usage',
      next: 'A disk only grows. For a smaller one add another, and copy what is to be kept.',
      data: { guest: guest.name, disk, bytes: now },
    });
  }
  if (disk === rootDisk) return { diskBytes: bytes, disks: [...guest.disks] };
  return { diskBytes, disks: guest.disks.map((one) => (one.name === disk ? { ...one, bytes } : one)) };
}
