/**
 * A host's guests are migrated away, a few at a time, and the host is in maintenance from the first moment on: also after a
 * cancel or a failure, until a person ends it.
 *
 *   settle   what was under way with guests there ends
 *   migrate  each guest goes by an operation of its own; one that cannot is told of, and the rest goes on
 *   check    whoever still runs there makes the drain incomplete, and whoever is stopped there if those were to go as well
 *
 * The largest guest goes first: it fits in the fewest places, and small ones find room in what is left. Those that are stopped
 * take no memory and go last. Whatever happens, a
 * second drain begins with what is true then.
 */
import { BlanketError, type ErrorKind, type Problem, toProblem } from '../../wire/errors.ts';
import type { DrainedGuest, DrainResult } from '../../wire/routes/drain.ts';
import type { Definition } from '../operations/operations.ts';
import type { Phase } from '../run-phases.ts';
import type { Services } from '../services.ts';
import type { GuestRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { migrateAll } from './migrate-all.ts';
import { counted, type DrainState } from './state.ts';

const LOOK_MS = 1_000;

export const drainFlow = (services: Services): Definition<DrainState> => ({
  kind: 'host.drain',
  phases: [settle(services), migrate(services), check(services)],
  afterRestart: 'resume',
  undoneState: 'failed',
  end: (state) => resultOf(services.store, state),
});

const guestsOn = ({ guests }: Store, host: string): GuestRecord[] =>
  guests.list().filter((guest) => guest.host === host);

const settle = ({ store, operations }: Services): Phase<DrainState> => ({
  name: 'settle',
  async do({ state: { host }, save, progress, signal }) {
    const others = () => operations.using(host).filter(({ kind }) => kind.startsWith('guest.'));
    for (let [other] = others(); other !== undefined; [other] = others()) {
      signal.throwIfAborted();
      progress({ message: `waiting for ${other.kind} of ${other.subject} (${other.id})` });
      await operations.wait(other.id, other.version, LOOK_MS);
    }
    const order = guestsOn(store, host).sort(
      (a, b) =>
        Number(a.state === 'stopped') - Number(b.state === 'stopped') ||
        b.memoryMiB - a.memoryMiB ||
        a.name.localeCompare(b.name),
    );
    const fresh = { state: 'waiting' as const, to: null, operation: null, problem: null };
    save({ guests: order.map(({ name }) => ({ guest: name, ...fresh })) });
  },
  // nothing is changed yet
});

const migrate = (services: Services): Phase<DrainState> => ({
  name: 'migrate',
  do: (context) => migrateAll(services, context),
  // each guest's own operation has undone what it must; who has gone stays where they went
});

const check = ({ store }: Services): Phase<DrainState> => ({
  name: 'check',
  async do({ state }) {
    const left = guestsOn(store, state.host).filter((guest) => state.stopped || guest.state !== 'stopped');
    if (left.length > 0) throw incomplete(state, left);
  },
});

/** Blocked when nothing at all could go; for a person to look at when a guest is; else whoever stays is as it was. */
function kindOf({ guests }: DrainState, left: readonly GuestRecord[]): ErrorKind {
  const problems = guests.flatMap(({ problem }) => problem ?? []);
  const unsure = left.some(({ state }) => state === 'attention');
  if (unsure || problems.some(({ kind }) => kind === 'attention')) return 'attention';
  const allBlocked = problems.length > 0 && problems.every(({ kind }) => kind === 'blocked');
  return allBlocked && counted(guests, 'gone') === 0 ? 'blocked' : 'rolled-back';
}

function incomplete(state: DrainState, left: readonly GuestRecord[]): BlanketError {
  const { host, guests, stopped } = state;
  const why = (name: string) => guests.find(({ guest }) => guest === name)?.problem?.message;
  const lines = left.map(({ name }) => `${name}: ${why(name) ?? 'it came there meanwhile.'}`);
  const message = `${host} is not drained: ${left.length} of ${guests.length} guest(s) stay. ${lines.join(' ')}`;
  return new BlanketError('drain.incomplete', message, {
    kind: kindOf(state, left),
    next: `\`blanket drain ${host}${stopped ? ' --stopped' : ''}\` goes on with them; \`blanket host undrain ${host}\` lets guests come again.`,
    data: { host, guests: left.map(({ name }) => name) },
  });
}

/** What a person who is about to take the host down should know. */
function warningsOf({ networks }: Pick<Store, 'networks'>, { host, guests }: DrainState): Problem[] {
  const stopped = guests.filter(({ problem }) => problem?.code === 'drain.stopped').map(({ guest }) => guest);
  const through = networks.list().filter(({ egress }) => egress === host);
  return [
    ...(stopped.length === 0 ? [] : [stay(host, stopped)]),
    ...through.map(({ name }) =>
      toProblem(
        new BlanketError('drain.is-egress', `${name} reaches the world through ${host}.`, {
          kind: 'blocked',
          next: `Choose another host: blanket network egress ${name} HOST`,
          data: { host, network: name },
        }),
      ),
    ),
  ];
}

const stay = (host: string, stopped: readonly string[]): Problem =>
  toProblem(
    new BlanketError('drain.stopped', `Stays on ${host}, stopped: ${stopped.join(', ')}.`, {
      kind: 'blocked',
      next: `What they have is on that host. Take them along: blanket drain ${host} --stopped`,
      data: { host, guests: stopped },
    }),
  );

function resultOf(store: Store, state: DrainState): DrainResult {
  const guests: DrainedGuest[] = state.guests;
  const warnings = warningsOf(store, state);
  return {
    host: state.host,
    gone: counted(guests, 'gone'),
    stays: guests.length - counted(guests, 'gone'),
    guests,
    ...(warnings.length > 0 && { warnings }),
  };
}
