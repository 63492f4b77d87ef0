/**
 * `make bench`: the same guests between the same two hosts in the same run, by `blanket migrate` and by `virsh migrate`, in
 * turn, there and back, PAIRS times for each scenario over each path. Both have their own defaults; both are watched by the same
 * outside observer.
 *
 *   hosts ── for each path: link ── for each scenario: guests that write, or have written ── pairs of legs ── table
 */
import { inSession, type Session } from '../demo/session.ts';
import { addClouds, buildImages, provisionHosts, stage } from '../demo/stage.ts';
import { formatTimeline, startTimeline, type Timeline } from '../demo/timeline.ts';
import { busy, importAll, makeGuests, reach, removeGuests } from './guests.ts';
import { type Ground, playLeg } from './legs.ts';
import type { Pair } from './measures.ts';
import { findPeer, introduce, type Peer, part } from './peers.ts';
import type { Path, Scenario } from './scenarios.ts';
import { readSettings, type Settings } from './settings.ts';
import { formatResults, type Played } from './table.ts';

type Peers = readonly [Peer, Peer];

async function playPair(ground: Ground, [a, b]: Peers): Promise<Pair> {
  const there = async (tool: 'blanket' | 'virsh') =>
    [await playLeg(ground, tool, a, b), await playLeg(ground, tool, b, a)] as const;
  return { blanket: await there('blanket'), virsh: await there('virsh') };
}

/** The guests are new for each scenario, so that none has what another one wrote. */
async function playScenario(
  session: Session,
  peers: Peers,
  path: Path,
  scenario: Scenario,
  pairs: number,
): Promise<Played> {
  const { seat, signal } = session;
  const guests = await makeGuests(seat, scenario, peers[0].host);
  const forwards = await reach(session, guests, peers[1].host);
  try {
    const [first] = forwards;
    if (first === undefined) throw new Error('A scenario without guests.');
    const ground: Ground = { ...session, address: first.address, guests };
    // Goes first and is not counted: the other host gets the image by it, and it tells what the way really carries.
    const [there, back] = [
      await playLeg(ground, 'blanket', ...peers),
      await playLeg(ground, 'blanket', peers[1], peers[0]),
    ];
    await busy(forwards, scenario, Math.min(path.bytesPerSecond, rateOf(there), rateOf(back)), signal);
    const played: Pair[] = [];
    for (let pair = 0; pair < pairs; pair += 1) played.push(await playPair(ground, peers));
    return { path, scenario, pairs: played };
  } finally {
    for (const forward of forwards) await forward.close();
    await removeGuests(seat, guests);
  }
}

const rateOf = ({ neededBytes, copyMs }: { neededBytes: number; copyMs: number | null }): number =>
  copyMs === null || copyMs === 0 ? Number.POSITIVE_INFINITY : neededBytes / (copyMs / 1000);

async function playAll(session: Session, { phase }: Timeline, settings: Settings): Promise<Played[]> {
  const { seat, signal } = session;
  const images = await phase('build images', () => buildImages(seat, signal));
  await phase('add clouds', () => addClouds(seat));
  await phase('provision hosts', () => provisionHosts(seat, images.host));
  await phase('import', () => importAll(seat, images.guest));
  const hosts = stage.clouds.map(({ host }) => host);
  const peers = [await findPeer(seat, hosts[0] ?? ''), await findPeer(seat, hosts[1] ?? '')] as const;
  await phase('introduce', () => introduce(seat, peers));
  const all: Played[] = [];
  for (const path of settings.paths) {
    const { latency, bandwidth } = path;
    const names = stage.clouds.map(({ name }) => name);
    await seat.blanket(['cloud', 'link', ...names, '--latency', latency, '--bandwidth', bandwidth]);
    for (const scenario of settings.scenarios) {
      const play = () => playScenario(session, peers, path, scenario, settings.pairs);
      all.push(await phase(`${path.name} ${scenario.name}`, play));
      console.log(`\n${formatResults(all)}`);
    }
  }
  await part(seat, peers);
  return all;
}

/** What a reader must know of the numbers. */
const notes = `Total: Blanket's from the request to its end with control, virsh's the run of virsh alone on the source;
the overlay and the SSH keys that virsh needs beforehand are made by the bench and not counted.
Downtime: Blanket's errs upwards (docs/decisions/downtime.md); virsh's is libvirt's, which subtracts the clock
of one host from the other's. Gap is measured in the same way for both, from outside.
Wire: what the sending host's tunnel was given. Needed: disk blocks and pages that were not zero, as libvirt counted them.`;

const timeline = startTimeline((line) => console.log(line));
try {
  const settings = readSettings(process.env);
  const results = await inSession((session) => playAll(session, timeline, settings));
  console.log(`\n${formatTimeline(timeline.rows())}\n\n${formatResults(results)}\n\n${notes}\n\nbench: ok`);
} catch (error) {
  console.log(`\n${formatTimeline(timeline.rows())}`);
  console.error(`\nbench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
