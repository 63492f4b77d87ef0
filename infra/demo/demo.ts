/** `make demo`: two clouds, two hosts, one guest, one live migration, proven. KEEP=1 leaves all up. */
import { openForward } from './forward.ts';
import { migrate, whileObserved } from './migration.ts';
import { formatOutcome, type Outcome } from './outcome.ts';
import { prove, readDisk } from './proof.ts';
import { inSession, type Session } from './session.ts';
import { addClouds, awaitService, buildImages, createGuest, provisionHosts, stage } from './stage.ts';
import { formatTimeline, startTimeline, type Timeline } from './timeline.ts';

const [source, destination] = stage.clouds.map(({ host }) => host) as [string, string];

async function perform({ seat, signal }: Session, { phase }: Timeline): Promise<Outcome> {
  const images = await phase('build images', () => buildImages(seat, signal));
  await phase('add clouds', () => addClouds(seat));
  await phase('provision hosts', () => provisionHosts(seat, images.host));
  await phase('create guest', () => createGuest(seat, images.guest, source));
  // Through the destination, so that the observer's connection never depends on the host that the guest leaves.
  const open = () => openForward(seat, stage.guest, stage.port, destination, signal);
  const forward = await phase('reach guest', open);
  try {
    const { address } = forward;
    await phase('await service', () => awaitService(address, signal));
    const diskBefore = await phase('read disk', () => readDisk(address, signal));
    const watched = () => whileObserved(address, signal, () => migrate(seat, destination));
    const { result: report, observation } = await phase('migrate', watched);
    const evidence = { seat, signal, address, diskBefore, observation, report, source, destination };
    await phase('prove', () => prove(evidence));
    const { downtimeMs, totalMs, memoryBytes, diskBytes } = report;
    return { downtimeMs: downtimeMs ?? 0, gapMs: observation.gapMs, totalMs, memoryBytes, diskBytes };
  } finally {
    await forward.close();
  }
}

/** Seconds since the epoch, from make, when setting up began. */
const begunAt = Number(process.env.STARTED ?? Date.now() / 1000);
const setUp = { phase: 'set up', durationMs: Math.max(0, Date.now() - begunAt * 1000) };
const timeline = startTimeline((line) => console.log(line), [setUp]);
try {
  const outcome = await inSession((session) => perform(session, timeline));
  console.log(`\n${formatTimeline(timeline.rows())}\n\n${formatOutcome(outcome)}`);
} catch (error) {
  console.log(`\n${formatTimeline(timeline.rows())}`);
  console.error(`\ndemo: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
