/**
 * The conformance suite: what a host must be able to do to carry a blanket, measured the same way on every cloud, and
 * again after a reboot, since what is only set by hand does not survive one.
 *
 *   admit -> measure -> reboot -> return -> remeasure -> judge
 *              |  undo: the suite's file is removed from the host
 *              |                    ^ no way back: a host that stays away is for a person to look at
 *
 * Every phase may be repeated: a host is told to end one certain boot, so a control that died in between does not
 * reboot it twice. A check that fails is a result, not a failure of the operation.
 */

import { BlanketError } from '../../wire/errors.ts';
import type { KeptFile, KeptNow } from '../../wire/methods/conform.ts';
import type { Check, Conformance, Measurement, Reading } from '../../wire/routes/conform.ts';
import { version } from '../../wire/version.ts';
import { isUnreachable, reach } from '../agents/reach.ts';
import type { Definition } from '../operations/operations.ts';
import { NothingHappened, type Phase } from '../run-phases.ts';
import { cloudOf, type Services } from '../services.ts';
import { needVacant } from './admit.ts';
import { comeBack } from './come-back.ts';
import { hostChecks, keptCheck } from './host-checks.ts';
import { measure } from './measure.ts';
import { peerChecks } from './peer-checks.ts';
import { reading } from './reading.ts';
import { keepRecord } from './records.ts';

export type ConformState = {
  operation: string;
  host: string;
  reboot: boolean;
  bootTimeoutMs: number;
  startedAt?: string;
  versions?: Conformance['versions'];
  kept?: KeptFile;
  before?: Measurement;
  /** Unix ms. */
  orderedAt?: number;
  rebootMs?: number;
  keptNow?: Reading<KeptNow>;
  after?: Measurement;
  record?: Conformance;
};

type Make = (services: Services) => Phase<ConformState>;

const KEPT_BYTES = 4 * 2 ** 20;
const KEEP_TIMEOUT_MS = 120_000;
const ANSWER_MS = 30_000;
const PAUSE_MS = 2_000;
const SAME_BOOT_PATIENCE_MS = 45_000;
const CONSOLE_BYTES = 4_000;
/** How long an undo waits for a host that may just be booting. */
const CLEAN_PATIENCE_MS = 180_000;

/** What an earlier phase has saved. */
function had<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a phase of host.conform ran before the one that it builds on');
  return value;
}

const admit: Make = (services) => ({
  name: 'admit',
  async do({ state, save }) {
    if (state.reboot) needVacant(services, state.host, state.operation);
    const { agent, kernel, libvirt, qemu, node } = await services.agents.call(state.host, 'host.status', {});
    const versions = { blanket: version, agent, kernel, libvirt, qemu, node };
    save({ startedAt: new Date().toISOString(), versions });
  },
  // only asks
});

const before: Make = (services) => ({
  name: 'measure',
  async do({ state: { host, reboot }, save, signal, progress }) {
    const { agents } = services;
    const say = (message: string) => progress({ message });
    await agents.call(host, 'conform.clean', {}, { timeoutMs: KEEP_TIMEOUT_MS });
    if (reboot) {
      say('disk: writing a file that must outlive the reboot');
      const options = { signal, timeoutMs: KEEP_TIMEOUT_MS };
      save({ kept: await agents.call(host, 'conform.keep', { bytes: KEPT_BYTES }, options) });
    }
    save({ before: await measure(services, { host, signal, say }) });
  },
  undo: ({ state }) => clean(services, state.host),
});

/** A host that stays away keeps the file until its next run; it harms nobody there. */
async function clean({ agents, log }: Services, host: string): Promise<void> {
  const remove = () => agents.call(host, 'conform.clean', {}, { timeoutMs: KEEP_TIMEOUT_MS });
  await reach(remove, CLEAN_PATIENCE_MS).catch((error: unknown) => {
    if (!isUnreachable(error)) throw error;
    log.warn({ host, err: error }, "the suite's file is left on a host that is away");
  });
}

const reboot: Make = (services) => ({
  name: 'reboot',
  async do({ state, save }) {
    if (!state.reboot) return;
    needVacant(services, state.host, state.operation); // guests may have come while it was measured
    save({ orderedAt: state.orderedAt ?? Date.now() });
    await order(services, state).catch((error: unknown) => {
      if (!isUnreachable(error)) throw error; // gone already: `return` finds out in which boot it is
    });
    services.agents.forget(state.host);
  },
  // a host that reboots comes back by itself
});

const order = ({ agents }: Services, { host, before }: ConformState) =>
  agents.call(host, 'host.reboot', { bootId: had(before).bootId }, { timeoutMs: ANSWER_MS });

const comesBack: Make = (services) => ({
  name: 'return',
  noReturn: true,
  hearsCancel: true,
  async do({ state, save, signal, progress }) {
    const { host } = state;
    if (!state.reboot) return;
    const { agents, store } = services;
    try {
      await comeBack({
        ...{ host, signal, bootId: had(state.before).bootId, timeoutMs: state.bootTimeoutMs },
        ...{ pauseMs: PAUSE_MS, patienceMs: SAME_BOOT_PATIENCE_MS },
        ask: () => agents.call(host, 'conform.now', {}, { timeoutMs: ANSWER_MS }),
        order() {
          needVacant(services, host, state.operation);
          return order(services, state);
        },
        forget: () => agents.forget(host),
        console: () => cloudOf(services, store.hosts.get(host).cloud).readConsole(host, CONSOLE_BYTES),
        onTry: (ms) => progress({ message: `waiting for ${host} to come back, ${Math.round(ms / 1000)} s` }),
      });
    } catch (error) {
      if (signal.aborted)
        throw new NothingHappened('operation.cancelled', `${host} is left to come back alone.`);
      if (isAway(error)) setAway(services, host);
      throw error;
    }
    save({ rebootMs: Date.now() - had(state.orderedAt) });
  },
});

const isAway = (error: unknown): boolean =>
  isUnreachable(error) || (error instanceof BlanketError && error.code === 'host.not-back');

/** Watching sets it to ready again should it answer after all. */
function setAway({ store }: Services, host: string): void {
  if (store.hosts.get(host).state === 'ready') store.hosts.update(host, { state: 'unreachable' });
}

const after: Make = (services) => ({
  name: 'remeasure',
  async do({ state, save, signal, progress }) {
    const { host } = state;
    if (!state.reboot) return clean(services, host);
    const wish = { timeoutMs: KEEP_TIMEOUT_MS };
    const kept = had(state.kept);
    const keptNow = await reading(() => services.agents.call(host, 'conform.check-kept', kept, wish), signal);
    save({ keptNow });
    save({ after: await measure(services, { host, signal, say: (message) => progress({ message }) }) });
    await clean(services, host);
  },
});

const judged: Make = (services) => ({
  name: 'judge',
  async do({ state, save }) {
    const record = makeRecord(services, state);
    save({ record });
    keepRecord(services.store, record);
  },
});

export function checksOf(state: Pick<ConformState, 'kept' | 'keptNow' | 'before' | 'after'>): Check[] {
  const [first, second] = [had(state.before), state.after ?? null];
  const keptNow = state.keptNow ?? { skipped: 'The host was not rebooted.' };
  return [
    keptCheck(state.kept, keptNow),
    ...hostChecks(first, second).slice(0, 2),
    ...peerChecks(first, second),
    ...hostChecks(first, second).slice(2),
  ];
}

function makeRecord({ store }: Services, state: ConformState): Conformance {
  const { cloud, driver } = store.hosts.get(state.host);
  const { type, config } = store.clouds.get(cloud);
  const checks = checksOf(state);
  return {
    ...{ operation: state.operation, host: state.host, cloud, cloudType: type, driver },
    ...{ startedAt: had(state.startedAt), endedAt: new Date().toISOString() },
    profile: typeof config.profile === 'string' ? config.profile : null,
    ok: checks.every(({ verdict }) => verdict !== 'failed'),
    rebooted: state.reboot,
    rebootMs: state.rebootMs ?? null,
    versions: had(state.versions),
    checks,
    kept: state.keptNow ?? { skipped: 'The host was not rebooted.' },
    before: had(state.before),
    after: state.after ?? null,
  };
}

export const conformFlow = (services: Services): Definition<ConformState> => ({
  kind: 'host.conform',
  phases: [admit, before, reboot, comesBack, after, judged].map((make) => make(services)),
  afterRestart: 'resume',
  undoneState: 'failed',
  end({ record }) {
    if (record === undefined) return undefined;
    const failed = record.checks.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name);
    return { host: record.host, ok: record.ok, failed };
  },
});
