/**
 * A host with two networks, in namespaces of its own:
 *
 *   one 10.77.0.10 -- bt… --+                       +-- bt… -- three 10.88.0.20
 *                           bl… blue      bl… green
 *   two 10.77.0.11 -- bt… --+    |            |
 *                          vx… -- far 10.77.0.12 (another host's guest)
 *
 *   host -- uplink -- outside 198.51.100.2, which also has addresses that no guest may reach
 *   host -- blanket0 -- peer 10.254.0.2 (another host)
 */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { filterIn, type Nft } from '../../../src/guest-agent/filter/filter.ts';
import { devicesOf } from '../../../src/guest-agent/network/names.ts';
import { run, start } from '../../../src/process/run.ts';
import { tag } from '../tag.ts';
import { lineup, type Place, places } from './stage-links.ts';

const inside = join(import.meta.dirname, 'inside.py');
const timeoutMs = 30_000;

const sysctls = [
  'net.ipv4.ip_forward=1',
  'net.ipv6.conf.all.forwarding=1',
  'net.ipv4.conf.all.arp_ignore=1',
  'net.ipv4.conf.all.arp_announce=2',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=2',
];

function settings(place: Place, tracked: boolean): string[] {
  const bridged = ['iptables', 'ip6tables'].map(
    (tables) => `net.bridge.bridge-nf-call-${tables}=${Number(tracked)}`,
  );
  return ['net.ipv6.conf.default.accept_dad=0', ...(place === 'host' ? [...sysctls, ...bridged] : [])];
}

export type Stage = Awaited<ReturnType<typeof stageFor>>;
let stages = 0;

/** @param tracked whether bridged packets pass the host's inet tables too, as with br_netfilter loaded. */
export async function stageFor(t: ExecutionContext, tracked = false) {
  stages += 1;
  const prefix = `blf${tag}-${stages}-`;
  const namespace = (place: Place) => `${prefix}${place}`;
  const ended = new AbortController();
  const command = (place: Place, words: readonly string[], input = '') =>
    run('ip', ['netns', 'exec', namespace(place), ...words], { input, timeoutMs, signal: ended.signal });
  const python = (place: Place, ...words: string[]) => command(place, ['python3', inside, ...words]);
  const ip = (place: Place, lines: readonly string[]) =>
    run('ip', ['-n', namespace(place), '-batch', '-'], { input: `${lines.join('\n')}\n`, timeoutMs });

  t.teardown(async () => {
    ended.abort();
    for (const place of places) await run('ip', ['netns', 'del', namespace(place)]);
  });
  for (const place of places) {
    await run('ip', ['netns', 'add', namespace(place)]);
    await command(place, ['sysctl', '-qe', '-w', ...settings(place, tracked)]);
  }
  const lines = lineup(namespace);
  for (const place of Object.keys(lines) as (keyof typeof lines)[])
    await ip(place, ['link set lo up', ...lines[place]]);

  const background = (place: Place, ...words: string[]) =>
    inBackground(['netns', 'exec', namespace(place), 'python3', inside, ...words], ended.signal);
  const nft: Nft = async (words, input) => (await command('host', ['nft', ...words], input)).stdout;
  return {
    command,
    namespace,
    ip,
    nft,
    background,
    inside,
    blue: devicesOf('blue'),
    datagram: (from: Place, address: string, port: number, payload: string) =>
      python(from, 'datagram', address, String(port), payload),
    filter: filterIn(nft),
    serve: (place: Place, ...ports: number[]) => background(place, 'serve', ...ports.map(String)),
    /** The address that the answerer saw, or `none`. */
    ask: async (place: Place, address: string, port: number) =>
      (await python(place, 'ask', address, String(port))).stdout.trim(),
    askUdp: async (place: Place, address: string, port: number, ownPort = 0) =>
      (await python(place, 'ask-udp', address, String(port), String(ownPort))).stdout.trim(),
    /** Sends frames from one guest's card; which of their marks another place has seen by the time of the last. */
    seen: async (from: Place, to: readonly Place[], frames: readonly string[], device = 'eth0') => {
      const sniffers = await Promise.all(to.map((place) => background(place, 'sniff', 'eth0')));
      await command(from, ['python3', inside, 'send', device], JSON.stringify(frames));
      return Promise.all(sniffers.map(async ({ lines }) => JSON.parse(await lines()) as string[]));
    },
  };
}

/** Questions that were all asked at once: those without an answer are waited for once. */
export async function together(asked: Record<string, Promise<string>>): Promise<Record<string, string>> {
  const answers = Object.entries(asked).map(async ([name, answer]) => [name, await answer] as const);
  return Object.fromEntries(await Promise.all(answers));
}

/** Leaves a program running and waits until it says that it is ready. */
export async function inBackground(words: readonly string[], signal: AbortSignal) {
  const child = start('ip', words, { stdio: ['pipe', 'pipe', 'inherit'], signal });
  child.on('error', () => undefined); // its end by the signal
  const lines = linesOf(child.stdout);
  const first = await lines();
  if (first !== 'ready') throw new Error(`The program began with: ${first}`);
  return { lines, write: (text: string) => child.stdin?.write(text) };
}

/** @returns gives the next line each time; at the end of the output it fails. */
function linesOf(output: NodeJS.ReadableStream | null): () => Promise<string> {
  const lines = (async function* () {
    let rest = '';
    for await (const piece of output ?? []) {
      const parts = `${rest}${piece}`.split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
    }
  })();
  return async () => {
    const { done, value } = await lines.next();
    if (done) throw new Error('The program ended without a further line.');
    return value;
  };
}
