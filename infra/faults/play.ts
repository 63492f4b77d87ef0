/**
 * One fault in one migration of the running guest, and what came of it.
 *
 *   count, read disk ──▶ migrate --detach ──▶ wait for the phase ──▶ strike ──▶ mend ──▶ wait for the end
 *     ──▶ look at both hosts ──▶ started again where it had to die ──▶ count, read disk ──▶ judge
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Operation, PhaseRecord } from '../../src/wire/resources.ts';
import type { Reply } from '../demo/continuity.ts';
import { judge, type Remains, type Seen } from './judge.ts';
import { patiently, type Stand } from './stand.ts';
import type { Sides, Strike } from './strikes.ts';
import { countOf, diskOf, remainsOn } from './survey.ts';

export const moments = ['prepare', 'copy', 'cutover', 'confirm', 'clean'] as const;
export type Moment = (typeof moments)[number];

/** One strike, and the phase in which it strikes. */
export type Blow = { strike: Strike; moment: Moment };

export type Ending = {
  /** How the operation ended: its state. */
  ended: string;
  problem: string | null;
  /** The phases that ran once each strike had struck; a moment that was wished for may have been too short. */
  struckIn: string[];
  /** From the first strike until the operation had ended, ms. */
  settledMs: number;
  restarted: boolean;
  /** Promises that were broken, as sentences. */
  faults: string[];
};

/** Slow enough that a strike finds the copy under way: some 40 MB of memory have to pass. */
const slow = ['--bandwidth', '4MiB'];
const momentMs = 180_000;
/** Within this everything must have settled: control's own patience for a host that is away is 10 minutes. */
const settleMs = 11 * 60_000;
const startedSchema = z.object({ operation: z.string() });

/**
 * One migration with all these blows, in the order of their moments.
 * @throws Error when a fault could not be played; that says nothing about the migration
 */
export async function play(stand: Stand, blows: readonly Blow[]): Promise<Ending> {
  const sides = await sidesNow(stand);
  const before = await countOf(stand, sides.destination.name);
  const id = await startMigration(stand, sides, blows);
  const struckIn: string[] = [];
  let at: number | undefined;
  for (const { strike, moment } of blows) {
    const strikeNow = await strike.aim(stand, sides);
    await momentComes(stand, id, moment);
    at ??= performance.now();
    await strikeNow();
    struckIn.push(await phaseNow(stand, id));
    await strike.mend?.(stand, sides);
  }
  const operation = await endOf(stand, id);
  const settledMs = performance.now() - (at ?? performance.now());
  const mayDie = blows.some(({ strike }) => strike.fatalTo !== undefined);
  const seen = await look(stand, mayDie, sides, operation, before);
  const { state, problem } = operation;
  const { restarted } = seen;
  return {
    ended: state,
    problem: problem?.code ?? null,
    ...{ struckIn, settledMs, restarted, faults: judge(seen) },
  };
}

async function sidesNow({ client, guest, hosts }: Stand): Promise<Sides> {
  const { host, state } = await client.call('guest.show', { params: { name: guest } });
  if (state !== 'running') throw new Error(`${guest} is ${state} before the fault is played.`);
  const [source, destination] = hosts[0].name === host ? hosts : [hosts[1], hosts[0]];
  return { source, destination };
}

async function startMigration({ seat, guest }: Stand, sides: Sides, blows: readonly Blow[]): Promise<string> {
  const speed = blows.some(({ moment }) => moment === 'copy') ? slow : [];
  const args = ['migrate', guest, '--to', sides.destination.name, ...speed, '--detach', '-o', 'json'];
  return startedSchema.parse(JSON.parse(await seat.blanket(args, { quiet: true }))).operation;
}

const phaseOf = ({ phases }: Operation, name: string) => phases.find((phase) => phase.name === name)?.state;

/** A copy has begun once something was sent. */
const hasCome = (operation: Operation, moment: Moment): boolean =>
  phaseOf(operation, moment) === 'running' && (moment !== 'copy' || (operation.progress?.doneBytes ?? 0) > 0);

async function momentComes({ client }: Stand, id: string, moment: Moment): Promise<void> {
  let since = 0;
  for (const until = Date.now() + momentMs; Date.now() < until; ) {
    const query = { since, waitMs: 1_000 };
    const now = await client.call('op.show', { params: { id }, query });
    if (hasCome(now, moment) || phaseOf(now, moment) === 'done') return;
    if (now.state !== 'running') throw new Error(`${id} ended before ${moment}: ${now.problem?.message}`);
    since = now.version;
  }
  throw new Error(`${moment} of ${id} did not come within ${momentMs} ms.`);
}

const isFailed = ({ state }: PhaseRecord): boolean => state === 'failed';

/** The one that runs, or that has just failed and is being undone; the operation's state when it has ended. */
async function phaseNow(stand: Stand, id: string): Promise<string> {
  const { phases, state } = await stand.operation(id);
  const now = phases.find((phase) => phase.state === 'running') ?? phases.find(isFailed);
  return now?.name ?? state;
}

/** What it is when the time is over, if it has not ended by then. */
async function endOf(stand: Stand, id: string): Promise<Operation> {
  for (const until = Date.now() + settleMs; ; await sleep(500)) {
    const now = await stand.operation(id);
    if (now.state !== 'running' || Date.now() > until) return now;
  }
}

async function look(
  stand: Stand,
  mayDie: boolean,
  sides: Sides,
  { id, state, problem }: Operation,
  before: Reply,
): Promise<Seen> {
  const { name: via } = sides.destination;
  const dead = await isDead(stand);
  if (dead) await startAgain(stand);
  const remains = await Promise.all(stand.hosts.map(({ name }) => remainsOn(stand, name)));
  const answers = patiently(() => countOf(stand, via), dead ? 180_000 : 30_000);
  const after = await answers.catch(() => undefined);
  const disk = after === undefined ? { unbroken: false, last: 0 } : await diskOf(stand, via);
  const guest = await stand.client.call('guest.show', { params: { name: stand.guest } });
  const operation = { id, state, problem: problem?.message ?? null };
  return { operation, guest, remains, before, after, disk, restarted: dead, mayDie };
}

/** It runs on neither host, also once Blanket has had the time to look again. */
async function isDead(stand: Stand): Promise<boolean> {
  const runs = async () => {
    const remains: Remains[] = await Promise.all(stand.hosts.map(({ name }) => remainsOn(stand, name)));
    return remains.some(({ domain }) => domain === 'running');
  };
  if (await runs()) return false;
  await sleep(20_000);
  return !(await runs());
}

/** What a person does who is told that it has stopped. */
const startAgain = ({ seat, guest }: Stand): Promise<string> =>
  patiently(() => seat.blanket(['guest', 'start', guest]), 120_000, 10_000);

/** Waits until both hosts are ready again and nothing is under way, as it must be before the next play. */
export async function calm({ client, guest, seat }: Stand): Promise<void> {
  await patiently(async () => {
    await seat.blanket(['op', 'list'], { quiet: true });
    const [hosts, operations, { state }] = await Promise.all([
      client.call('host.list'),
      client.call('op.list'),
      client.call('guest.show', { params: { name: guest } }),
    ]);
    const away = hosts.find((host) => host.state !== 'ready');
    if (away !== undefined) throw new Error(`${away.name} is ${away.state}.`);
    const busy = operations.find((operation) => operation.state === 'running');
    if (busy !== undefined) throw new Error(`${busy.id} is still running.`);
    if (state !== 'running') throw new Error(`${guest} is ${state}.`);
  }, 300_000);
}
