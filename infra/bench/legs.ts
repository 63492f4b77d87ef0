/**
 * One leg: all guests of a scenario from one host to the other, by one tool, watched from outside.
 *
 *   bytes of the tunnel before -- the tool -- bytes after -- what libvirt says that had to go
 */
import type { Forward } from '../demo/forward.ts';
import { whileObserved } from '../demo/migration.ts';
import type { Session } from '../demo/session.ts';
import { migrateByBlanket } from './by-blanket.ts';
import { migrateByVirsh } from './by-virsh.ts';
import { inHost } from './in-host.ts';
import { readJobInfo } from './job-info.ts';
import type { Leg, Tool } from './measures.ts';
import type { Peer } from './peers.ts';

export type Ground = Session & { address: Forward['address']; guests: readonly string[] };

/** Both numbers are of the host that sends: what WireGuard was given, which is all of a migration and nothing of control's. */
async function sentBytes({ seat }: Ground, host: string): Promise<number> {
  return Number(await inHost(seat, host, 'cat /sys/class/net/blanket0/statistics/tx_bytes'));
}

async function jobs({ seat, guests }: Ground, host: string) {
  const texts = guests.map((guest) =>
    inHost(seat, host, `virsh domjobinfo ${guest} --completed --keep-completed`),
  );
  return (await Promise.all(texts)).map(readJobInfo);
}

const tools = { blanket: migrateByBlanket, virsh: migrateByVirsh } as const;

/** @throws Error when the guest that is watched did not run on unbroken: then no number means anything. */
export async function playLeg(ground: Ground, tool: Tool, from: Peer, to: Peer): Promise<Leg> {
  const before = await sentBytes(ground, from.host);
  const move = () => tools[tool](ground, from, to);
  const { result, observation } = await whileObserved(ground.address, ground.signal, move);
  if (observation.faults.length > 0) throw new Error(observation.faults.join(' '));
  const wireBytes = (await sentBytes(ground, from.host)) - before;
  const told = await jobs(ground, to.host);
  const needed = told.reduce((sum, { normalBytes, fileBytes }) => sum + normalBytes + fileBytes, 0);
  return {
    ...{ tool, from: from.host, to: to.host, gapMs: observation.gapMs, wireBytes, neededBytes: needed },
    totalMs: result.totalMs,
    downtimeMs: result.downtimeMs ?? Math.max(...told.map(({ downtimeMs }) => downtimeMs)),
    copyMs: result.copyMs,
  };
}
