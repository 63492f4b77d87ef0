/**
 * The same guests, migrated by `virsh` alone. Blanket is not told, so guests must be back where Blanket has them
 * before Blanket is asked anything of them: virsh always goes there and back.
 */
import { z } from 'zod';
import type { Seat } from '../demo/blanket.ts';
import { inHost } from './in-host.ts';
import type { Moved } from './measures.ts';
import { type Peer, peerUri } from './peers.ts';

const folderOf = (guest: string): string => `/var/lib/blanket/disks/${guest}`;
const diskOf = (guest: string): string => `${folderOf(guest)}/root.qcow2`;

const overlaySchema = z.object({ 'backing-filename': z.string(), 'virtual-size': z.int() });

/** virsh makes no disk for an incremental copy: the empty overlay must be there first. Not counted as its time. */
async function makeOverlay(seat: Seat, guest: string, source: Peer, destination: Peer): Promise<void> {
  const text = await inHost(seat, source.host, `qemu-img info -U --output=json ${diskOf(guest)}`);
  const { 'backing-filename': image, 'virtual-size': bytes } = overlaySchema.parse(JSON.parse(text));
  const create = `qemu-img create -q -f qcow2 -b ${image} -F qcow2 ${diskOf(guest)} ${bytes}`;
  await inHost(seat, destination.host, `mkdir -p ${folderOf(guest)} && ${create}`);
}

/**
 * `migrateuri` keeps the data inside the tunnel, as Blanket does. Times are taken on the host, around virsh alone, from the
 * first that begins to the last that ends.
 */
const command = (guests: readonly string[], destination: Peer): string => `begin=$(date +%s%3N)
  jobs=
  for guest in ${guests.join(' ')}; do
    virsh migrate $guest '${peerUri(destination)}' --live --p2p --copy-storage-inc --persistent \\
      --undefinesource --migrateuri tcp://${destination.tunnelAddress} >&2 & jobs="$jobs $!"
  done
  for job in $jobs; do wait $job; done
  echo "total=$(($(date +%s%3N) - begin))"`;

type Ground = { seat: Seat; guests: readonly string[] };

/** Its downtime is libvirt's, which is read afterwards, as is everything else that libvirt tells of either tool's. */
export async function migrateByVirsh(
  { seat, guests }: Ground,
  source: Peer,
  destination: Peer,
): Promise<Moved> {
  await Promise.all(guests.map((guest) => makeOverlay(seat, guest, source, destination)));
  seat.say(`${source.host}# virsh migrate ${guests.join(', ')} --live --p2p --copy-storage-inc …\n`);
  const timed = await inHost(seat, source.host, command(guests, destination));
  const totalMs = Number(/^total=(\d+)$/m.exec(timed)?.[1]);
  await inHost(seat, source.host, `rm -r ${guests.map(folderOf).join(' ')}`);
  return { totalMs, downtimeMs: null, copyMs: null };
}
