/**
 * `make faults`: each fault in each phase of a live migration between two real hosts, and the table of what came of it.
 * Exit code 1 when a promise was broken or a fault could not be played.
 *
 *   FAULTS=control,agent   only faults whose names hold one of these; PHASES=copy,cutover likewise
 *   PAGE=1                 writes docs/faults.md, or the file that PAGE names
 *   KEEP=1                 leaves all up
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { inSession, type Session } from '../demo/session.ts';
import { addClouds, buildImages, createGuest, provisionHosts, stage } from '../demo/stage.ts';
import { formatTimeline, startTimeline, type Timeline } from '../demo/timeline.ts';
import { chooseNames } from './choose.ts';
import { calm, type Moment, moments, play } from './play.ts';
import { openStand, patiently, type Stand } from './stand.ts';
import { type Strike, strikes } from './strikes.ts';
import { countOf, sweep } from './survey.ts';
import { cellText, formatPage, formatText, isWrong, type Result, tableRows, wrongs } from './table.ts';

const { FAULTS, PHASES, PAGE } = process.env;
const page =
  PAGE === '1' ? fileURLToPath(new URL('../../docs/faults.md', import.meta.url)) : PAGE || undefined;
const names = strikes.map(({ name }) => name);

async function attempt(stand: Stand, strike: Strike, moment: Moment): Promise<Result> {
  try {
    await calm(stand);
    return { fault: strike.name, moment, ...(await play(stand, [{ strike, moment }])) };
  } catch (error) {
    return { fault: strike.name, moment, why: error instanceof Error ? error.message : String(error) };
  }
}

async function playAll({ seat, signal }: Session, stand: Stand, chosen: Strike[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const strike of chosen) {
    for (const moment of chooseNames(moments, PHASES)) {
      signal.throwIfAborted();
      const result = await attempt(stand, strike, moment);
      results.push(result);
      seat.say(`${strike.name}, in ${moment}: ${cellText(result)}\n`);
      for (const line of wrongs([result])) seat.say(`  ${line}\n`);
      if (isWrong(result)) await sweep(stand).catch((error) => seat.say(`  not swept: ${error}\n`));
      if (page !== undefined) writeFileSync(page, pageOf(results));
    }
  }
  return results;
}

const pageOf = (results: Result[]): string =>
  formatPage(results, names, {
    when: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} processors, hosts emulated by QEMU's TCG, a guest of 128 MiB`,
  });

async function perform(session: Session, { phase }: Timeline, chosen: Strike[]): Promise<Result[]> {
  const { seat, signal } = session;
  const [first, second] = stage.clouds;
  const images = await phase('build images', () => buildImages(seat, signal));
  await phase('add clouds', () => addClouds(seat));
  await phase('provision hosts', () => provisionHosts(seat, images.host));
  await phase('create guest', () => createGuest(seat, images.guest, first.host));
  const stand = openStand(seat, stage.guest, [
    { name: first.host, cloud: first.name },
    { name: second.host, cloud: second.name },
  ]);
  try {
    await phase('await service', () => patiently(() => countOf(stand, second.host), 180_000));
    return await phase('play', () => playAll(session, stand, chosen));
  } finally {
    await stand.close();
  }
}

const timeline = startTimeline((line) => console.log(line));
try {
  const wanted = chooseNames(names, FAULTS);
  const chosen = strikes.filter(({ name }) => wanted.includes(name));
  const results = await inSession((session) => perform(session, timeline, chosen));
  console.log(`\n${formatTimeline(timeline.rows())}\n\n${formatText(tableRows(results, names))}`);
  for (const line of wrongs(results)) console.log(line);
  console.log(
    `\nfaults: ${results.filter((result) => !isWrong(result)).length} of ${results.length} as promised`,
  );
  if (results.some(isWrong)) process.exitCode = 1;
} catch (error) {
  console.log(`\n${formatTimeline(timeline.rows())}`);
  console.error(`\nfaults: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
