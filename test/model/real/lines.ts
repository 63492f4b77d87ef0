/** What goes between control and the agents; a message or its answer may be lost, or come when nobody waits any more. */

import type { CallOptions } from '../../../src/control/agents/agent-link.ts';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { AgentProcess } from './agent-process.ts';
import type { Points } from './faults.ts';
import type { Fleet } from './fleet.ts';
import type { HostName } from './machine.ts';

const lost = () => new BlanketError('agent.lost', 'The line broke.');
const timedOut = () => new BlanketError('agent.timed-out', 'No answer came.');

/** A late message comes after so many others: soon, later, or during the next migration. */
const lateBy = [2, 8, 25];

type Late = { left: number; deliver(): void };

export type Lines = {
  /** The agents, as one control reaches them; a control that is dead hears nothing any more. */
  agentsFor(isAlive: () => boolean): Agents;
  breakOne(): void;
  delayOne(): void;
  /** Nothing goes wrong any more; what is late already still comes. */
  heal(): void;
  /** What is late comes now. */
  deliverAll(): void;
  /** Until all that came late has been dealt with, however long that takes. */
  settled(): Promise<void>;
};

type State = {
  broken: boolean;
  late: boolean;
  held: Late[];
  underWay: Set<Promise<void>>;
  pending: Set<(error: Error) => void>;
  fleet: Fleet;
  points: Points;
  digest: string;
};

const never = () => new Promise<never>(() => undefined);
const taken = (state: State, flag: 'broken' | 'late'): boolean => {
  const was = state[flag];
  state[flag] = false;
  return was;
};

function hold(state: State, agent: AgentProcess, method: string, params: unknown): void {
  const call = { progress: () => undefined, signal: new AbortController().signal };
  const deliver = () => {
    state.points.trace.push(`  (${method} arrives late)`);
    // nobody waits for its answer any more
    const dealt: Promise<void> = agent
      .call(method, params, call)
      .catch(() => undefined)
      .then(() => void state.underWay.delete(dealt));
    state.underWay.add(dealt);
  };
  state.held.push({ left: lateBy[state.points.passed % lateBy.length] ?? 2, deliver });
}

function deliverDue({ held }: State, all: boolean): void {
  for (const late of held.slice()) {
    late.left -= 1;
    if (late.left > 0 && !all) continue;
    held.splice(held.indexOf(late), 1);
    late.deliver();
  }
}

async function send(
  state: State,
  agent: AgentProcess,
  method: string,
  params: unknown,
  options: CallOptions,
) {
  const abort = new AbortController();
  const onAbort = () => abort.abort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  const cut = Promise.withResolvers<never>();
  cut.promise.catch(() => undefined); // whoever waits for the call hears of it
  state.pending.add(cut.reject);
  try {
    const call = { progress: (value: unknown) => options.onProgress?.(value), signal: abort.signal };
    return await Promise.race([agent.call(method, structuredClone(params), call), cut.promise]);
  } finally {
    state.pending.delete(cut.reject);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

async function ask(state: State, host: HostName, method: string, params: unknown, options: CallOptions) {
  await state.points.pass(`ask ${host} ${method}`);
  deliverDue(state, false);
  if (taken(state, 'broken')) throw lost();
  const agent = state.fleet.agent(host);
  if (taken(state, 'late')) {
    hold(state, agent, method, params);
    throw timedOut();
  }
  if (method === 'image.list') return { images: [{ digest: state.digest, bytes: 1 }] };
  return send(state, agent, method, params, options);
}

export function linesOf(fleet: Fleet, points: Points, digest: string): Lines {
  const state: State = {
    ...{ broken: false, late: false, held: [], underWay: new Set<Promise<void>>() },
    ...{ pending: new Set<(error: Error) => void>() },
    ...{ fleet, points, digest },
  };
  const call = async (
    isAlive: () => boolean,
    host: HostName,
    method: string,
    params: unknown,
    options: CallOptions,
  ) => {
    if (!isAlive()) return never();
    options.signal?.throwIfAborted();
    const told = await ask(state, host, method, params, options).then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await points.pass(`told ${host} ${method}`);
    if (!isAlive()) return never();
    if (taken(state, 'broken')) throw lost();
    return structuredClone(told());
  };
  return {
    agentsFor: (isAlive) =>
      ({
        call: (host: HostName, method: string, params: unknown, options: CallOptions = {}) =>
          call(isAlive, host, method, params, options),
        forget: () => undefined,
      }) as unknown as Agents,
    breakOne() {
      if (state.pending.size === 0) state.broken = true;
      for (const reject of state.pending) reject(lost());
    },
    delayOne() {
      state.late = true;
    },
    heal() {
      Object.assign(state, { broken: false, late: false });
    },
    deliverAll: () => deliverDue(state, true),
    settled: async () => void (await Promise.all(state.underWay)),
  };
}
