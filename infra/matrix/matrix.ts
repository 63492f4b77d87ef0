/**
 * `make matrix`: the same guest image boots on a host of every profile, and a running guest goes live through every
 * ordered pair of them. Writes docs/portability.md as it goes; what a run that ends early did not try says so.
 *
 *   PROFILES=nitro,vmware   only these; the page is then not written, unless PAGE names a file for it
 *   KEEP=1                  leaves all up
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/process/run.ts';
import { imageSchema } from '../../src/wire/resources.ts';
import type { Seat } from '../demo/blanket.ts';
import { inSession, type Session } from '../demo/session.ts';
import { buildImages, createGuest, stage } from '../demo/stage.ts';
import { formatTimeline, startTimeline, type Timeline } from '../demo/timeline.ts';
import { factsOnly } from './facts-only.ts';
import { cellText, type Findings, failures, formatPage, formatText, matrixRows, summary } from './page.ts';
import { addProfileCloud, chooseProfiles, fewAtOnce, hostOf, makePlace } from './places.ts';
import { bootOn, type Cell, walkAll } from './walk.ts';

const { PROFILES, PAGE } = process.env;
const page =
  PAGE || (PROFILES ? undefined : fileURLToPath(new URL('../../docs/portability.md', import.meta.url)));

async function imageDigest({ blanket }: Seat): Promise<string> {
  const text = await blanket(['image', 'show', stage.image, '-o', 'json'], { quiet: true });
  return imageSchema.parse(JSON.parse(text)).digest;
}

async function machineText(): Promise<string> {
  const { stdout } = await run('qemu-system-x86_64', ['-version'], { timeoutMs: 30_000 });
  const version = /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} processors, ${memory} GiB, QEMU ${version} (TCG) with hosts of one vCPU`;
}

async function perform(session: Session, { phase }: Timeline, profiles: string[]): Promise<Findings> {
  const { seat, signal } = session;
  const [first = ''] = profiles.map(hostOf);
  const images = await phase('build images', () => buildImages(seat, signal));
  const places = await phase('provision hosts', async () => {
    for (const profile of profiles) await addProfileCloud(seat, profile);
    return await fewAtOnce(profiles, (profile) => makePlace(seat, profile, images.host));
  });
  await phase('create guest', () => createGuest(seat, images.guest, first));
  const findings: Findings = {
    ...{ places, cells: [], digest: await imageDigest(seat), factsOnly: await factsOnly(places) },
    ...{ when: new Date().toISOString().slice(0, 10), machine: await machineText() },
  };
  const onCell = (cell: Cell) => {
    seat.say(`${cell.from} -> ${cell.to}: ${'failed' in cell ? cell.failed : cellText(cell)}\n`);
    findings.cells.push(cell);
    if (page !== undefined) writeFileSync(page, formatPage(findings));
  };
  const walk = { seat, signal, via: first, onCell };
  await phase('boot on every host', async () => {
    for (const { host } of places.slice(1)) await bootOn(walk, host);
  });
  const hosts = places.map(({ host }) => host);
  await phase('migrate through every pair', () => walkAll(walk, hosts));
  return findings;
}

const timeline = startTimeline((line) => console.log(line));
try {
  const profiles = await chooseProfiles(PROFILES);
  const findings = await inSession((session) => perform(session, timeline, profiles));
  const { digest, cells } = findings;
  console.log(
    `\n${formatTimeline(timeline.rows())}\n\nimage ${digest}\n\n${formatText(matrixRows(findings))}`,
  );
  console.log(`\n${summary(cells)}`);
  if (failures(cells).length > 0) process.exitCode = 1;
} catch (error) {
  console.log(`\n${formatTimeline(timeline.rows())}`);
  console.error(`\nmatrix: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
