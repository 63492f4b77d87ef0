/**
 * `make bench`: the same guest between the same two hosts in the same run, by `blanket migrate` and by
 * `virsh migrate --live --p2p --copy-storage-inc`, in turn, there and back. ROUNDS (default 1) repeats the
 * four. Both have their own defaults; each is watched by the same outside observer.
 */
import { type Forward, openForward } from '../demo/forward.ts';
import { migrate, whileObserved } from '../demo/migration.ts';
import { inSession, type Session } from '../demo/session.ts';
import { addClouds, awaitService, buildImages, createGuest, provisionHosts, stage } from '../demo/stage.ts';
import { formatTimeline, startTimeline, type Timeline } from '../demo/timeline.ts';
import { findPeer, introduce, type Peer, part } from './peers.ts';
import { formatResults, type Result } from './results.ts';
import { migrateByVirsh } from './virsh.ts';

type Bench = Session & { address: Forward['address'] };

/** The observer's verdict must be clean for either tool, or a number means nothing. */
async function observed<T extends object>(
  bench: Bench,
  move: () => Promise<T>,
): Promise<T & { gapMs: number }> {
  const { result, observation } = await whileObserved(bench.address, bench.signal, move);
  if (observation.faults.length > 0) throw new Error(observation.faults.join(' '));
  return { ...result, gapMs: observation.gapMs };
}

async function byBlanket(bench: Bench, { host: from }: Peer, { host: to }: Peer): Promise<Result> {
  const { downtimeMs, totalMs, memoryBytes, gapMs } = await observed(bench, () => migrate(bench.seat, to));
  if (downtimeMs === null) throw new Error('Blanket did not measure the downtime.');
  return { tool: 'blanket', from, to, totalMs, downtimeMs, gapMs, memoryBytes };
}

async function byVirsh(bench: Bench, from: Peer, to: Peer): Promise<Result> {
  const moved = await observed(bench, () => migrateByVirsh(bench.seat, from, to));
  return { tool: 'virsh', from: from.host, to: to.host, ...moved };
}

async function compare(bench: Bench, [a, b]: [Peer, Peer], rounds: number): Promise<Result[]> {
  const results: Result[] = [];
  await introduce(bench.seat, [a, b]);
  for (let round = 0; round < rounds; round += 1) {
    for (const move of [byBlanket, byVirsh]) {
      results.push(await move(bench, a, b), await move(bench, b, a));
    }
  }
  await part(bench.seat, [a, b]);
  return results;
}

async function perform(session: Session, { phase }: Timeline, rounds: number): Promise<Result[]> {
  const { seat, signal } = session;
  const [{ host: source }, { host: destination }] = stage.clouds;
  const images = await phase('build images', () => buildImages(seat, signal));
  await phase('add clouds', () => addClouds(seat));
  await phase('provision hosts', () => provisionHosts(seat, images.host));
  await phase('create guest', () => createGuest(seat, images.guest, source));
  const open = () => openForward(seat, stage.guest, stage.port, destination, signal);
  const forward = await phase('reach guest', open);
  try {
    const bench = { ...session, address: forward.address };
    await phase('await service', () => awaitService(bench.address, signal));
    const peers: [Peer, Peer] = [await findPeer(seat, source), await findPeer(seat, destination)];
    return await phase('compare', () => compare(bench, peers, rounds));
  } finally {
    await forward.close();
  }
}

/** What a reader must know of the numbers. */
const notes = `Total: Blanket's from the request to its end with control, virsh's the run of virsh alone on the source;
the overlay and the SSH keys that virsh needs beforehand are made by the bench and not counted.
Downtime: Blanket's errs upwards (docs/decisions/downtime.md); virsh's is libvirt's, which subtracts the clock
of one host from the other's. Gap is measured in the same way for both, from outside.`;

const timeline = startTimeline((line) => console.log(line));
const rounds = Math.max(1, Number.parseInt(process.env.ROUNDS ?? '', 10) || 1);
try {
  const results = await inSession((session) => perform(session, timeline, rounds));
  console.log(`\n${formatTimeline(timeline.rows())}\n\n${formatResults(results)}\n\n${notes}\n\nbench: ok`);
} catch (error) {
  console.log(`\n${formatTimeline(timeline.rows())}`);
  console.error(`\nbench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
