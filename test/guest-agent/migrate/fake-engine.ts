/**
 * An engine without a hypervisor: guests are names with states, and a migration's phases change them as libvirt's do,
 * also when the connection that holds a side is cut.
 */
import type { Context } from '../../../src/guest-agent/context.ts';
import type { Engine, GuestState, MigrationSide } from '../../../src/guest-agent/engines/engine.ts';
import { newLive } from '../../../src/guest-agent/migrate/live.ts';
import { LibvirtConnectionError } from '../../../src/libvirt/errors.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { MigrationStats, PostCopyState } from '../../../src/wire/migration.ts';
import { scratchPaths } from '../spec.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

export const someStats: MigrationStats = {
  elapsedMs: 100,
  memoryTotal: 10,
  memoryDone: 5,
  memoryLeft: 5,
  diskTotal: 0,
  diskDone: 0,
  diskLeft: 0,
  bytesPerSecond: 1,
  dirtyBytesPerSecond: 0,
  rounds: 1,
};

export type FakeHost = {
  context: Context;
  states: Map<string, GuestState>;
  calls: string[];
  /** The copy that is under way, to be ended by the test. */
  copy: { end(): void; fail(error: Error): void } | undefined;
  finishFails: Error | undefined;
  /** What is here when finish has failed; by default nothing. */
  onFinishFails: () => void;
  /** What the guest is as soon as finish has let it go on. */
  afterFinish: GuestState;
  /** The next confirm fails so, and changes nothing. */
  confirmFails: Error | undefined;
  /** Whether the hypervisor says that the guest goes on before finish returns. */
  saysRunning: boolean;
  /** The guest's, where a program in it tells it. */
  guestClock: (() => number) | undefined;
  /** What the hypervisor says of post-copy here. */
  postCopy: PostCopyState;
  /** What starting post-copy does, beside being noted; by default it succeeds. */
  onPostCopy: () => void;
  /** What ending a post-copy's connection does; by default the hypervisor refuses. */
  onBreak: () => void;
  /** Cuts every migration's connection and forgets what lives in memory, as a restart of the agent does. */
  restart(): void;
};

/** Guests of these hosts ask nothing. */
const untold = { update: async () => undefined, close: async () => undefined };

type Cut = { open: boolean; fail(error: Error): void };

/** What is ordered while the copy is under way. */
const ordersOf = (
  host: FakeHost,
  guest: string,
): Pick<MigrationSide, 'pause' | 'startPostCopy' | 'abort'> => ({
  pause: async () => {
    host.calls.push('pause');
    host.states.set(guest, 'paused');
  },
  startPostCopy: async () => {
    host.calls.push('postcopy');
    host.onPostCopy();
  },
  abort: async () => {
    host.calls.push('abort');
    host.copy?.fail(new Error('aborted'));
  },
});

function fakeSide(host: FakeHost, guest: string, cuts: Cut[]): MigrationSide {
  const cut: Cut = { open: true, fail: () => undefined };
  cuts.push(cut);
  const called = (name: string) => {
    host.calls.push(name);
  };
  const listeners = new Set<() => void>();
  return {
    onRunning: (listener) => void listeners.add(listener),
    begin: async () => {
      called('begin');
      return { xml: '<domain/>', cookie: bytes('begun') };
    },
    prepare: async ({ listenAddress }) => {
      called('prepare');
      host.states.set(guest, 'paused');
      return { uri: `tcp://${listenAddress}:49152`, cookie: bytes('prepared') };
    },
    perform: () =>
      new Promise((resolve, reject) => {
        called('perform');
        cut.fail = reject;
        host.copy = {
          fail: reject,
          end: () => {
            host.states.set(guest, 'paused');
            resolve({ cookie: bytes('performed'), ...(host.postCopy === 'active' && { stillMs: 12 }) });
          },
        };
      }),
    finish: async ({ cancelled }) => {
      called(`finish ${cancelled}`);
      if (host.finishFails !== undefined) {
        host.states.set(guest, 'absent');
        host.onFinishFails();
        throw host.finishFails;
      }
      host.states.set(guest, cancelled ? 'absent' : host.afterFinish);
      if (!cancelled && host.saysRunning) for (const listener of listeners) listener();
      return { cookie: bytes('finished') };
    },
    confirm: async ({ cancelled }) => {
      called(`confirm ${cancelled}`);
      const { confirmFails } = host;
      host.confirmFails = undefined;
      if (confirmFails !== undefined) throw confirmFails;
      host.states.set(guest, cancelled ? 'running' : 'absent');
    },
    stats: async () => (host.states.get(guest) === 'paused' ? { ...someStats, memoryDone: 65 } : someStats),
    finalStats: async () => ({ ...someStats, memoryLeft: 0, memoryDone: 10 }),
    setMaxDowntime: async () => undefined,
    ...ordersOf(host, guest),
    close: async () => {
      cut.open = false;
    },
    isOpen: () => cut.open,
  };
}

const noAgent = (): never => {
  throw new BlanketError('clock.no-agent', 'No guest agent answers.', { kind: 'blocked' });
};

function fakeEngine(host: FakeHost, cuts: Cut[]): Engine {
  const { states } = host;
  const set = (state: GuestState) => async (guest: string) => {
    states.set(guest, state);
  };
  return {
    versions: async () => ({ libvirt: '0', hypervisor: '0' }),
    cpu: () => Promise.reject(new Error('no CPU')),
    list: async () => [],
    state: async (guest) => states.get(guest) ?? 'absent',
    define: async ({ name }) => {
      states.set(name, 'stopped');
    },
    start: set('running'),
    resume: set('running'),
    shutdown: set('stopped'),
    destroy: async (guest) => {
      if ((states.get(guest) ?? 'absent') !== 'absent') states.set(guest, 'stopped');
    },
    undefine: set('absent'),
    persist: async () => undefined,
    growDisk: async (_guest, target, bytes) => {
      host.calls.push(`grow ${target} ${bytes}`);
    },
    openConsole: () => Promise.reject(new Error('no console')),
    clock: async () => host.guestClock?.() ?? noAgent(),
    setClock: async () => void host.calls.push('set clock'),
    openMigration: async (guest, recovers) => {
      if (recovers) host.calls.push('recovers');
      return fakeSide(host, guest, cuts);
    },
    postCopy: async () => host.postCopy,
    breakPostCopy: async () => host.onBreak(),
    isCopying: async () => false,
    surveySource: () => Promise.reject(new Error('no survey')),
    surveyDestination: () => Promise.reject(new Error('no survey')),
    abortCopy: async () => undefined,
  };
}

export function fakeHost(): FakeHost {
  const cuts: Cut[] = [];
  const host: FakeHost = {
    context: {
      paths: scratchPaths(),
      live: newLive(),
      metadata: untold,
      version: 'test',
      engine: () => engine,
    },
    states: new Map(),
    calls: [],
    copy: undefined,
    finishFails: undefined,
    onFinishFails: () => undefined,
    afterFinish: 'running',
    confirmFails: undefined,
    saysRunning: true,
    guestClock: undefined,
    postCopy: 'none',
    onPostCopy: () => {
      host.postCopy = 'active';
      host.copy?.end();
    },
    onBreak: () => {
      throw new Error('there is nothing to end');
    },
    restart() {
      for (const cut of cuts.splice(0)) {
        cut.open = false;
        cut.fail(new LibvirtConnectionError('closed', 'The agent was restarted.'));
      }
      host.context = { ...host.context, live: newLive() };
    },
  };
  const engine = fakeEngine(host, cuts);
  return host;
}
