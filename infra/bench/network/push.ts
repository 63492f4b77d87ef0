/**
 * Part b: what control has to do for a fleet, with its own client, messages and schemas: one WebSocket to each agent,
 * over a local socket. SSH, which carries them in truth, is not in it.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentLink } from '../../../src/control/agents/agent-link.ts';
import { start } from '../../../src/process/run.ts';
import { type AgentMethod, type AgentParams, toAgentSchema } from '../../../src/wire/agent.ts';
import { agentMethods } from '../../../src/wire/agent-methods.ts';
import { configsOf, type Fleet, moveOf } from './fleet.ts';
import type { Settings } from './settings.ts';
import { timed } from './timing.ts';

/** Of one method and fleet. What was sent to fewer hosts than there are is told for all of them. */
export type PushRun = {
  fleet: Fleet;
  method: 'network.apply' | 'network.forward';
  /** Hosts that were really sent to. */
  sentTo: number;
  bytesEach: number;
  /** Processor time of control's process for the whole fleet, one a round. */
  controlMs: number[];
  /** Until the whole fleet has answered, one a round; here the agents share one processor. */
  answeredMs: number[];
  /** One agent reads and checks one message, one a round. */
  readMs: number[];
};

/** Whole configs of a large fleet would be gigabytes: this many hosts get theirs, and the rest is multiplied. */
const mostConfigs = 50;

const messageOf = <M extends AgentMethod>(method: M, params: AgentParams<M>): string =>
  JSON.stringify({ type: 'call', id: 1, method, params });

function read(method: PushRun['method'], text: string): void {
  const message = toAgentSchema.parse(JSON.parse(text));
  if (message.type !== 'call') throw new Error('It was no call.');
  agentMethods[method].params.parse(message.params);
}

type Send = (link: AgentLink, index: number) => Promise<unknown>;

async function measureMethod(
  links: readonly AgentLink[],
  result: PushRun,
  message: string,
  send: Send,
  { rounds }: Settings,
  signal: AbortSignal,
): Promise<PushRun> {
  const share = result.fleet.hosts / links.length;
  for (let round = 0; round <= rounds; round += 1) {
    signal.throwIfAborted();
    const before = process.cpuUsage();
    const answeredMs = await timed(() => Promise.all(links.map(send)));
    const { user, system } = process.cpuUsage(before);
    const readMs = await timed(async () => read(result.method, message));
    if (round === 0) continue; // code is compiled
    result.controlMs.push(((user + system) / 1_000) * share);
    result.answeredMs.push(answeredMs * share);
    result.readMs.push(readMs);
  }
  return result;
}

async function measureFleet(
  fleet: Fleet,
  links: readonly AgentLink[],
  settings: Settings,
  signal: AbortSignal,
): Promise<PushRun[]> {
  const told = links.slice(0, Math.min(mostConfigs, fleet.hosts));
  const configs = configsOf(
    fleet,
    told.map((_, host) => host),
  );
  const [config] = configs;
  if (config === undefined) throw new Error('A fleet has a host.');
  const move = moveOf(0, 1);
  const run = (method: PushRun['method'], sentTo: number, message: string): PushRun => ({
    ...{ fleet, method, sentTo, bytesEach: Buffer.byteLength(message) },
    ...{ controlMs: [], answeredMs: [], readMs: [] },
  });
  const [whole, single] = [messageOf('network.apply', config), messageOf('network.forward', move)];
  const apply: Send = (link, index) => link.call('network.apply', configs[index] ?? config);
  const forward: Send = (link) => link.call('network.forward', move);
  const [applied, moved] = [
    run('network.apply', told.length, whole),
    run('network.forward', fleet.hosts, single),
  ];
  return [
    await measureMethod(told, applied, whole, apply, settings, signal),
    await measureMethod(links, moved, single, forward, settings, signal),
  ];
}

/** When it has said so. An abort is an error of the process, also later: what waits for an answer then fails by itself. */
const readiness = (agents: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    agents.stdout?.once('data', () => resolve());
    agents.on('error', reject);
    agents.once('exit', () => reject(new Error('The process that plays the agents ended.')));
  });

async function connect(socketPath: string, host: number): Promise<AgentLink> {
  const socket: Socket = createConnection(socketPath);
  await once(socket, 'connect');
  return AgentLink.open(`host-${host}`, socket);
}

export async function measurePush(
  fleets: readonly Fleet[],
  settings: Settings,
  signal: AbortSignal,
): Promise<PushRun[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-network-'));
  const socketPath = join(directory, 'agents.sock');
  const main = join(import.meta.dirname, 'agents-main.ts');
  const agents = start(process.execPath, [main, socketPath], { stdio: ['pipe', 'pipe', 'inherit'], signal });
  const ready = readiness(agents);
  const links: AgentLink[] = [];
  try {
    await ready;
    const results: PushRun[] = [];
    for (const fleet of fleets) {
      while (links.length < fleet.hosts) links.push(await connect(socketPath, links.length));
      results.push(...(await measureFleet(fleet, links.slice(0, fleet.hosts), settings, signal)));
    }
    return results;
  } finally {
    for (const link of links) link.close();
    agents.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
}
