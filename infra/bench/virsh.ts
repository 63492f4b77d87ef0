/**
 * The same guest, migrated by `virsh` alone. Blanket is not told, so a guest must be back where Blanket has it
 * before Blanket is asked anything of it: virsh always goes there and back.
 */
import { z } from 'zod';
import type { Seat } from '../demo/blanket.ts';
import { stage } from '../demo/stage.ts';
import { inHost } from './in-host.ts';
import { type Peer, peerUri } from './peers.ts';

export type VirshMigration = { totalMs: number; downtimeMs: number; memoryBytes: number };

const folder = `/var/lib/blanket/disks/${stage.guest}`;
const disk = `${folder}/root.qcow2`;

const overlaySchema = z.object({ 'backing-filename': z.string(), 'virtual-size': z.int() });

/** virsh makes no disk for an incremental copy: the empty overlay must be there first. Not counted as its time. */
async function makeOverlay(seat: Seat, source: Peer, destination: Peer): Promise<void> {
  const text = await inHost(seat, source.host, `qemu-img info -U --output=json ${disk}`);
  const { 'backing-filename': image, 'virtual-size': bytes } = overlaySchema.parse(JSON.parse(text));
  const create = `qemu-img create -q -f qcow2 -b ${image} -F qcow2 ${disk} ${bytes}`;
  await inHost(seat, destination.host, `mkdir -p ${folder} && ${create}`);
}

/** `migrateuri` keeps the data inside the tunnel, as Blanket does. Times are taken on the host, around virsh alone. */
const command = (destination: Peer) => `begin=$(date +%s%3N)
  virsh migrate ${stage.guest} '${peerUri(destination)}' --live --p2p --copy-storage-inc --persistent \\
    --undefinesource --migrateuri tcp://${destination.tunnelAddress} >&2
  echo "total=$(($(date +%s%3N) - begin))"`;

/** Units of `virsh domjobinfo` (virsh(1)). */
const units: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** @throws Error when a number is missing. */
export function readJobInfo(text: string): { downtimeMs: number; memoryBytes: number } {
  const downtime = /^Total downtime:\s+(\d+)\s*ms/m.exec(text)?.[1];
  const [, size, unit] = /^Memory processed:\s+([\d.]+)\s*(\w+)/m.exec(text) ?? [];
  const factor = units[unit ?? ''];
  if (downtime === undefined || factor === undefined) {
    throw new Error(`virsh domjobinfo told no downtime or memory:\n${text}`);
  }
  return { downtimeMs: Number(downtime), memoryBytes: Math.round(Number(size) * factor) };
}

export async function migrateByVirsh(seat: Seat, source: Peer, destination: Peer): Promise<VirshMigration> {
  await makeOverlay(seat, source, destination);
  seat.say(`${source.host}# virsh migrate ${stage.guest} --live --p2p --copy-storage-inc …\n`);
  const timed = await inHost(seat, source.host, command(destination));
  const totalMs = Number(/^total=(\d+)$/m.exec(timed)?.[1]);
  const info = await inHost(seat, destination.host, `virsh domjobinfo ${stage.guest} --completed`);
  await inHost(seat, source.host, `rm -r ${folder}`);
  return { totalMs, ...readJobInfo(info) };
}
