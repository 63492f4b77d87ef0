/**
 * Two hosts and their guests, each a network namespace. A cable stands in the tunnel's place and has its name.
 *
 *   guest eth0 == bt… -- bridge -- host a: blanket0 == blanket0 :host b -- bridge -- bt… == eth0 guest
 *
 * A guest moves as a real one does, with its memory: its end of the cable stays as it is, the host's end goes to
 * another host.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { bridgeOf, tapOf } from '../../../src/guest-agent/network/names.ts';
import { run, start } from '../../../src/process/run.ts';
import type { Card, NetworkConfig } from '../../../src/wire/methods/network.ts';
import { tag as worker } from '../tag.ts';
import type { Answer, Question } from './host.ts';

const program = join(import.meta.dirname, 'host.ts');
const answerWithinMs = 60_000;

export const ip = async (...words: string[]): Promise<string> => (await run('ip', words)).stdout;

export type Host = {
  space: string;
  state: string;
  tunnel: string;
  ask(method: Question['method'], params?: unknown): Promise<unknown>;
  inside(...words: string[]): Promise<string>;
};

function asking(child: ChildProcess) {
  let last = 0;
  const waiting = new Map<number, (answer: Answer) => void>();
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  return async (method: Question['method'], params?: unknown): Promise<unknown> => {
    last += 1;
    const question: Question = { id: last, method, params };
    const answer = await new Promise<Answer>((resolve, reject) => {
      waiting.set(question.id, resolve);
      setTimeout(() => reject(new Error(`no answer to ${method}`)), answerWithinMs).unref();
      child.send(question);
    });
    if (answer.problem !== undefined)
      throw Object.assign(new Error(JSON.stringify(answer.problem)), answer.problem);
    return answer.result;
  };
}

/** Its program ends, and its servers with it, when the channel is closed. */
function startHost(t: ExecutionContext, space: string, tunnel: string): Host {
  const state = mkdtempSync(join(tmpdir(), 'blanket-host-'));
  chmodSync(state, 0o755); // dnsmasq reads its lists as a user of its own
  const child = start('ip', ['netns', 'exec', space, process.execPath, program, state], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  t.teardown(async () => {
    if (child.exitCode === null && child.connected) {
      child.disconnect();
      await once(child, 'exit');
    }
    rmSync(state, { recursive: true });
    await ip('netns', 'delete', space);
  });
  return {
    ...{ space, state, tunnel, ask: asking(child) },
    inside: (...words) => ip('netns', 'exec', space, ...words),
  };
}

let layouts = 0;

/** @param t takes everything away in its teardown. */
export async function twoHosts(t: ExecutionContext): Promise<{ tag: string; a: Host; b: Host }> {
  layouts += 1;
  const tag = `${worker}-${layouts}`;
  const spaces = [`bl-a-${tag}`, `bl-b-${tag}`] as const;
  for (const space of spaces) await ip('netns', 'add', space);
  const [a, b] = spaces;
  await ip('link', 'add', 'blanket0', 'netns', a, 'type', 'veth', 'peer', 'name', 'blanket0', 'netns', b);
  const hosts = { a: startHost(t, a, '10.254.0.1'), b: startHost(t, b, '10.254.0.2') };
  for (const { inside, tunnel } of Object.values(hosts)) {
    await inside('ip', 'link', 'set', 'lo', 'up');
    await inside('ip', 'address', 'add', `${tunnel}/24`, 'dev', 'blanket0');
    await inside('ip', 'link', 'set', 'blanket0', 'mtu', '1420', 'up');
  }
  return { tag, ...hosts };
}

export const network = 'lan';
export const gateway = { mac: '02:bb:00:00:00:01', address: '10.77.0.1', address6: 'fd77::1' };

export const card = (last: number, name: string, at: Host): Omit<Card, 'here'> => ({
  ...{ mac: `52:54:00:77:00:${last}`, name, address: `10.77.0.${last}`, address6: `fd77::${last}` },
  ...{ at: at.tunnel, allow: null },
});

export const configOf = (
  host: Host,
  peers: readonly Host[],
  cards: readonly Omit<Card, 'here'>[],
  changes: Partial<NetworkConfig> = {},
): NetworkConfig => ({
  ...{ name: network, vni: 77, mtu: 1370, subnet: '10.77.0.0/24', subnet6: 'fd77::/64', gateway },
  hostAddress: `10.77.0.25${host.tunnel.slice(-1)}/24`,
  hostAddresses: [host, ...peers].map(({ tunnel }) => `10.77.0.25${tunnel.slice(-1)}`),
  tunnelAddress: host.tunnel,
  peers: peers.map(({ tunnel }) => tunnel),
  ...{ outside: true, egress: null, connected: [], publishes: [] },
  cards: cards.map((one) => ({ ...one, here: one.at === host.tunnel })),
  ...changes,
});

export type Guest = { space: string; mac: string; inside(...words: string[]): Promise<string> };

async function plug(host: Host, mac: string): Promise<void> {
  await host.inside('ip', 'link', 'set', tapOf(mac), 'master', bridgeOf(network), 'up');
}

export async function newGuest(t: ExecutionContext, tag: string, host: Host, mac: string): Promise<Guest> {
  const space = `bl-g${mac.slice(-2)}-${tag}`;
  await ip('netns', 'add', space);
  t.teardown(() => ip('netns', 'delete', space));
  const inside = (...words: string[]) => ip('netns', 'exec', space, ...words);
  const end = ['peer', 'name', 'eth0', 'address', mac, 'netns', space];
  await ip('link', 'add', tapOf(mac), 'netns', host.space, 'type', 'veth', ...end);
  await plug(host, mac);
  await inside('ip', 'link', 'set', 'eth0', 'up');
  return { space, mac, inside };
}

/** As a migration does: the host that it comes to is told before, the others after. */
export async function moveGuest(
  { mac }: Guest,
  { from, to, cards }: { from: Host; to: Host; cards: readonly Omit<Card, 'here'>[] },
  changes: Partial<NetworkConfig> = {},
): Promise<void> {
  const { cards: known, ...config } = configOf(to, [from], cards, changes);
  const here = known.map((one) => (one.mac === mac ? { ...one, here: true } : one));
  await to.ask('apply', { ...config, cards: here });
  await from.inside('ip', 'link', 'set', tapOf(mac), 'netns', to.space);
  await plug(to, mac);
}
