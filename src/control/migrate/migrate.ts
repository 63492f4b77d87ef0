/**
 * Live migration: libvirt's version-3 protocol, conducted by control through the two agents.
 *
 *   source                     control                    destination
 *     | <-------- begin --------- | (prepare)                  |
 *     |                           | -------- prepare --------> | overlay made, QEMU waits
 *     | <------- perform -------- | (copy)                     |
 *     | ============ disk and memory, QEMU to QEMU in the tunnel ==> |
 *     | paused                    | -------- finish ---------> | runs        <- the point of no return
 *     | <------- confirm -------- |                            |
 *     | gone                      | (clean)                    |
 *
 * Until finish is sent everything can be undone, and the guest goes on at the source. From then on the flow only
 * goes forward: whether the guest runs at the destination is asked there until it answers, and only a clear
 * "it does not" lets the source go on. No second copy is ever started on a guess.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type MigrationStats, migrationProgressSchema } from '../../wire/agent-methods.ts';
import type { Problem } from '../../wire/errors.ts';
import { isUnreachable, reach } from '../agents/reach.ts';
import { specOf, syncGuestNetworks } from '../guest/guest-flows.ts';
import { tunnelAddress } from '../network/addresses.ts';
import type { Definition } from '../operations/operations.ts';
import type { Phase } from '../run-phases.ts';
import type { Services } from '../services.ts';
import { ensureImage } from '../storage/image-store.ts';
import { CALL_TIMEOUT_MS, idOf, PATIENCE_MS } from './calls.ts';
import { cutover } from './cutover.ts';
import { checkReadings } from './plan.ts';
import { progressOf, resultOf } from './report.ts';

export type MigrateState = {
  operation: string;
  guest: string;
  source: string;
  destination: string;
  maxDowntimeMs: number;
  bandwidthBps?: number;
  /** What a check found and let pass. */
  warnings?: Problem[];
  begun?: { xml: string; cookie: string };
  prepared?: { uri: string; disksUri: string; cookie: string };
  /** `at`: when control heard of it, Unix ms. */
  performed?: { cookie: string; stats: MigrationStats; at: number };
  /** The guest's frames go to the destination. */
  handed?: boolean;
  /**
   * `handoverMs`: from the end of the copy until the guest was known to run, by control's clock; `forwardingMs`: from then
   * until every host sent its frames there.
   */
  finished?: {
    cookie: string;
    stats?: MigrationStats | undefined;
    handoverMs: number;
    forwardingMs: number | null;
  };
  confirmed?: { stats?: MigrationStats | undefined };
};

type Make = (services: Services) => Phase<MigrateState>;

/** A copy may take as long as it takes; this is the longest a timer can be. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** How long an undo waits for a host that it can do without. */
const SHORT_PATIENCE_MS = 30_000;
const POLL_MS = 500;

/** Only asks. */
const plan: Make = ({ store, agents }) => ({
  name: 'plan',
  async do({ state: { guest: name, source, destination } }) {
    const [atSource, atDestination, room] = await Promise.all([
      agents.call(source, 'guest.view', { name }),
      agents.call(destination, 'guest.view', { name }),
      agents.call(destination, 'host.status', {}),
    ]);
    const [from, to] = [store.hosts.get(source), store.hosts.get(destination)];
    const guest = store.guests.get(name);
    checkReadings({ guest, source: from, destination: to, atSource, atDestination, room });
  },
});

const admit: Make = ({ store }) => ({
  name: 'admit',
  async do({ state }) {
    store.guests.update(state.guest, { state: 'migrating' });
  },
  async undo({ state }) {
    store.guests.update(state.guest, { state: 'running' });
  },
});

const prepare: Make = (services) => ({
  name: 'prepare',
  async do({ state, save, progress }) {
    const { store, agents } = services;
    const guest = store.guests.get(state.guest);
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    const [begun] = await Promise.all([
      agents.call(state.source, 'migrate.begin', idOf(state), options),
      ensureImage(services, state.destination, guest.digest, progress),
      syncGuestNetworks(services, guest, state.destination),
    ]);
    save({ begun });
    const listenAddress = tunnelAddress(store.hosts.get(state.destination).index);
    const wish = { ...idOf(state), ...begun, spec: specOf(guest), listenAddress };
    save({ prepared: await agents.call(state.destination, 'migrate.prepare', wish, options) });
  },
  async undo({ state }) {
    const { agents, log } = services;
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    const discard = () => agents.call(state.destination, 'migrate.discard', idOf(state), options);
    // Finish was never sent, so nothing can run there: a destination that is away does not hold the guest up.
    await reach(discard, SHORT_PATIENCE_MS).catch((error: unknown) => {
      if (!isUnreachable(error)) throw error;
      log.warn({ host: state.destination, guest: state.guest, err: error }, 'half-made copy left behind');
    });
    await reach(() => agents.call(state.source, 'migrate.keep', idOf(state), options), PATIENCE_MS);
    await guardWhereItIs(services, state);
  },
});

/** One host guards the guest again, and every host knows which. */
async function guardWhereItIs(services: Services, { guest }: MigrateState): Promise<void> {
  const record = services.store.guests.find(guest);
  if (record !== undefined) await syncGuestNetworks(services, record);
}

const copy: Make = ({ agents, store }) => ({
  name: 'copy',
  async do({ state, save, progress, signal }) {
    const { prepared, begun } = state;
    if (prepared === undefined || begun === undefined) throw new Error('copy before prepare');
    const wish = { ...idOf(state), ...prepared, xml: begun.xml, maxDowntimeMs: state.maxDowntimeMs };
    const bandwidth = state.bandwidthBps === undefined ? {} : { bandwidth: state.bandwidthBps };
    const memoryBytes = store.guests.get(state.guest).memoryMiB * 2 ** 20;
    const onProgress = (value: unknown) =>
      progress(progressOf(migrationProgressSchema.parse(value), memoryBytes));
    const options = { signal, onProgress, timeoutMs: NO_TIMEOUT_MS };
    // Asked again after a broken line, the agent joins us to the copy that is under way, or tells how it ended.
    const perform = () => agents.call(state.source, 'migrate.perform', { ...wish, ...bandwidth }, options);
    save({ performed: { ...(await reach(perform, PATIENCE_MS)), at: Date.now() } });
  },
  async undo({ state }) {
    const until = Date.now() + PATIENCE_MS;
    await reach(() => agents.call(state.source, 'migrate.cancel', idOf(state)), PATIENCE_MS);
    const status = () => agents.call(state.source, 'migrate.status', idOf(state));
    while ((await reach(status, PATIENCE_MS)).busy) {
      if (Date.now() > until) throw new Error(`${state.source} does not end the copy of ${state.guest}`);
      await sleep(POLL_MS);
    }
  },
});

const confirm: Make = ({ agents }) => ({
  name: 'confirm',
  async do({ state, save, progress }) {
    progress({ message: `the guest runs on ${state.destination}; telling ${state.source}` });
    const wish = { ...idOf(state), cookie: state.finished?.cookie ?? '', cancelled: false };
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    const { stats } = await reach(
      () => agents.call(state.source, 'migrate.confirm', wish, options),
      PATIENCE_MS,
    );
    save({ confirmed: { stats } });
  },
});

const clean: Make = (services) => ({
  name: 'clean',
  async do({ state }) {
    const { agents } = services;
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    await reach(() => agents.call(state.destination, 'migrate.keep', idOf(state), options), PATIENCE_MS);
    await reach(() => agents.call(state.source, 'migrate.discard', idOf(state), options), PATIENCE_MS);
    await guardWhereItIs(services, state);
  },
});

export const migrateFlow = (services: Services): Definition<MigrateState> => ({
  kind: 'guest.migrate',
  phases: [plan, admit, prepare, copy, cutover, confirm, clean].map((make) => make(services)),
  afterRestart: 'resume',
  undoneState: 'rolled-back',
  end(state, outcome, operation) {
    // what was undone has got its state back from admit's undo
    const settled = { done: 'running', attention: 'attention', undone: undefined } as const;
    const now = settled[outcome.state];
    if (now !== undefined) services.store.guests.update(state.guest, { state: now });
    return resultOf(state, operation);
  },
});
