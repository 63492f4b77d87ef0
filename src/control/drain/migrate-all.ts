/**
 * The guests of a drain, a few at a time. Each goes by an operation of its own, so this keeps hardly anything: what is true is
 * asked of the store, also after a restart of control, which takes those operations up by themselves.
 *
 *   waiting ──▶ going ──▶ gone
 *      ▲          │ refused before anything was moved: another destination is tried
 *      └──────────┤
 *                 └─────▶ stays, with the reason
 */
import { BlanketError, fromProblem, toProblem } from '../../wire/errors.ts';
import type { Operation } from '../../wire/resources.ts';
import { migrateRoutes } from '../../wire/routes/migrate.ts';
import { startMigration } from '../migrate/start.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import { type Claim, placesFor } from './place.ts';
import { progressOf } from './progress.ts';
import { change, type DrainContext } from './state.ts';

const LOOK_MS = 1_000;

type Refusals = ReadonlyMap<string, BlanketError>;

type Drain = {
  services: Services;
  context: DrainContext;
  queue: string[];
  /** These three by the guest's name: what is waited for, what it will take, and which hosts refused it. */
  going: Map<string, Promise<void>>;
  claims: Map<string, Claim>;
  refusals: Map<string, Refusals>;
};

/** Cancelled, it throws once what was under way has ended. */
export async function migrateAll(services: Services, context: DrainContext): Promise<void> {
  const open = context.state.guests.filter(({ state }) => state === 'waiting' || state === 'going');
  const queue = open.map(({ guest }) => guest);
  const byGuest = { going: new Map(), claims: new Map(), refusals: new Map() };
  const drain: Drain = { services, context, queue, ...byGuest };
  const stop = () => stopAll(drain);
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    await empty(drain);
  } finally {
    context.signal.removeEventListener('abort', stop);
  }
  context.signal.throwIfAborted();
}

async function empty(drain: Drain): Promise<void> {
  const { context, queue, going } = drain;
  for (;;) {
    context.progress(progressOf(drain.services, context.state));
    const { stopping, parallel } = context.state;
    const next = stopping || going.size >= parallel ? undefined : queue.shift();
    if (next !== undefined) await begin(drain, next);
    else if (going.size > 0) await Promise.race(going.values());
    else return;
  }
}

const operationOn = ({ store }: Services, guest: string) =>
  store.operations.where({ state: 'running', subject: `guest/${guest}` })[0];

/** What this drain has begun, be it before a restart of control: all else is a person's. */
const isOwn = ({ services, context }: Drain, id: string): boolean =>
  services.store.operations.get(id).flowState.drain === context.state.operation;

/** Nothing new is begun; a migration that is past its point of no return goes on to its end. */
function stopAll(drain: Drain): void {
  const { services, context, going } = drain;
  context.save({ stopping: true });
  for (const guest of going.keys()) {
    const under = operationOn(services, guest);
    if (under !== undefined) cancelOwn(drain, under.id);
  }
}

/** Nothing happens once it has been asked to, or is past its point of no return. */
function cancelOwn(drain: Drain, id: string): void {
  const { operations, store } = drain.services;
  if (!isOwn(drain, id) || store.operations.get(id).cancelAskedAt !== undefined) return;
  try {
    operations.cancel(id);
  } catch (error) {
    if (!(error instanceof BlanketError) || error.kind !== 'conflict') throw error;
  }
}

async function begin(drain: Drain, name: string): Promise<void> {
  const { services, context, queue } = drain;
  const guest = services.store.guests.find(name);
  if (guest?.host !== context.state.host) {
    isGone(drain, name, guest);
    return;
  }
  // Whoever works on it already is waited for: this drain before a restart of control, or a person.
  const own = operationOn(services, name);
  if (own !== undefined) {
    watch(drain, guest, own.id);
    return;
  }
  try {
    await send(drain, guest);
  } catch (error) {
    if (error instanceof BlanketError && error.code === 'operation.busy') queue.push(name);
    else change(context, name, { state: 'stays', problem: toProblem(error) });
  }
}

const isGone = ({ context }: Drain, name: string, guest: GuestRecord | undefined): void =>
  change(context, name, { state: 'gone', to: guest?.host ?? null, problem: null });

/** @throws BlanketError why it stays */
async function send(drain: Drain, guest: GuestRecord): Promise<void> {
  const { services, context, queue, going, claims, refusals } = drain;
  if (guest.state === 'stopped' && !context.state.stopped) throw isStopped(guest);
  const refused: Refusals = refusals.get(guest.name) ?? new Map();
  const hosts = destinations(drain).filter((host) => !refused.has(host));
  const { fits, misfits } = await placesFor(services, guest, hosts, [...claims.values()]);
  const [claim] = fits;
  if (context.state.stopping) queue.unshift(guest.name);
  else if (claim !== undefined) await sendTo(drain, guest, claim);
  else if (going.size === 0) throw nowhere(guest, new Map([...refused, ...misfits]));
  else {
    // What arrives just now is counted twice, as claimed and as taken: look again when one has.
    queue.unshift(guest.name);
    await Promise.race(going.values());
  }
}

async function sendTo(drain: Drain, guest: GuestRecord, claim: Claim): Promise<void> {
  try {
    // As it is when it goes: one that is started meanwhile is not shut down for this.
    const mode = guest.state === 'stopped' ? { mode: 'auto' } : {};
    const body = migrateRoutes['guest.migrate'].body.parse({ to: claim.host, ...mode });
    const { id } = await startMigration(drain.services, guest.name, body, drain.context.state.operation);
    watch(drain, guest, id, claim);
  } catch (error) {
    if (!(error instanceof BlanketError) || error.kind !== 'blocked') throw error;
    refuse(drain, guest.name, claim.host, error);
  }
}

function destinations({ services, context }: Drain): string[] {
  const { host, to } = context.state;
  const all = services.store.hosts.list().map(({ name }) => name);
  return (to ?? all).filter((name) => name !== host && all.includes(name));
}

const isStopped = ({ name, host }: GuestRecord): BlanketError =>
  new BlanketError('drain.stopped', `${name} is stopped; its disk stays on ${host}.`, {
    kind: 'blocked',
    next: `Take it along with \`blanket drain ${host} --stopped\`, or remove it.`,
  });

function nowhere({ name, engine }: GuestRecord, why: Refusals): BlanketError {
  const reasons = [...why].map(([host, { message }]) => `${host}: ${message}`);
  const sentence = reasons.length === 0 ? 'There is no other host.' : reasons.join(' ');
  return new BlanketError('drain.nowhere', `${name} can go nowhere. ${sentence}`, {
    kind: 'blocked',
    next: `Make room for it, or provision another host with the engine ${engine}.`,
    data: { guest: name, hosts: Object.fromEntries([...why].map(([host, { code }]) => [host, code])) },
  });
}

/** The guest is as it was, and another host may take it. */
function refuse({ context, queue, refusals }: Drain, guest: string, host: string, error: BlanketError): void {
  refusals.set(guest, new Map([...(refusals.get(guest) ?? []), [host, error]]));
  change(context, guest, { state: 'waiting', to: null });
  queue.unshift(guest);
}

function watch(drain: Drain, { name, memoryMiB, state }: GuestRecord, id: string, claim?: Claim): void {
  const { services, context, going, claims } = drain;
  const to = claim?.host ?? destinationOf(services, id);
  change(context, name, { state: 'going', to, operation: id, problem: null });
  if (to !== null)
    claims.set(name, claim ?? { host: to, memory: state === 'stopped' ? 0 : memoryMiB * 2 ** 20, disk: 0 });
  const ended = follow(drain, id).then((operation) => {
    going.delete(name);
    claims.delete(name);
    conclude(drain, name, operation);
  });
  going.set(name, ended);
}

function destinationOf({ store }: Services, id: string): string | null {
  const { destination } = store.operations.get(id).flowState;
  return typeof destination === 'string' ? destination : null;
}

/** To its end; what a person has begun is not waited for once nothing new is to be begun. */
async function follow(drain: Drain, id: string): Promise<Operation> {
  const { services, context } = drain;
  const { operations } = services;
  const own = isOwn(drain, id);
  let operation = operations.show(id);
  while (operation.state === 'running') {
    if (context.state.stopping && !own) return operation;
    if (context.state.stopping) cancelOwn(drain, id);
    operation = await operations.wait(id, operation.version, LOOK_MS);
    context.progress(progressOf(services, context.state));
  }
  return operation;
}

function conclude(drain: Drain, name: string, { id, kind, state, problem }: Operation): void {
  const { services, context, queue } = drain;
  const guest = services.store.guests.find(name);
  const destination = destinationOf(services, id);
  if (guest?.host !== context.state.host) isGone(drain, name, guest);
  else if (state === 'running') change(context, name, { state: 'waiting', to: null, operation: null });
  else if (kind !== 'guest.migrate') queue.push(name);
  else if (state === 'failed' && problem?.kind === 'blocked' && destination !== null) {
    refuse(drain, name, destination, fromProblem(problem));
  } else change(context, name, { state: 'stays', problem });
}
