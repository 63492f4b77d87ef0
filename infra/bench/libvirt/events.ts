/**
 * Measure 3: real lifecycle events, made by suspending and resuming domains over one connection, stream into a
 * listener in a process of its own. One listener does nothing with them; a slow one takes longer over each than making
 * it takes, so that they must wait somewhere: in the socket and the daemon, not in the client.
 */
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Connection } from '../../../src/libvirt/connection.ts';
import type { Domain } from '../../../src/libvirt/domain.ts';
import { start } from '../../../src/process/run.ts';
import type { PrivateDaemon } from '../../libvirt/private-daemon.ts';
import { type ListenerLine, readListenerLine } from './event-lines.ts';
import { testDomainXml } from './test-domain.ts';

export type Load = {
  events: number;
  /** µs of processor time that the listener burns on each. */
  burnUs: number;
};

export type EventRun = Load & {
  lines: readonly ListenerLine[];
  /** ms until the last event was made, and until it was seen. */
  madeMs: number;
  seenMs: number;
  /** Events that were made and not seen when the last one was made; rounded up to the next line's. */
  behind: number;
  /** The daemon's resident bytes before, and when the last event was made. */
  daemonBytes: { before: number; after: number };
};

/** Lines that a listener gives, beside the first. */
const linesWanted = 20;

type Listener = { lines: ListenerLine[]; listening: Promise<void>; ended: Promise<void> };

function startListener(
  { socketPath }: PrivateDaemon,
  { events, burnUs }: Load,
  signal: AbortSignal,
): Listener {
  const every = Math.max(1, Math.floor(events / linesWanted));
  const script = join(import.meta.dirname, 'event-listener.ts');
  const child = start(
    process.execPath,
    ['--expose-gc', script, socketPath, String(events), String(every), String(burnUs)],
    { stdio: ['ignore', 'pipe', 'inherit'], signal },
  );
  const lines: ListenerLine[] = [];
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  const read = async () => {
    if (child.stdout === null) return;
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(readListenerLine(line));
      resolve();
    }
  };
  const ended = Promise.all([read(), endOf(child)]).then(() => undefined);
  return { lines, listening, ended };
}

const endOf = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`The listener ended with ${code}.`)),
    );
  });

/** One domain for each request that may be under way: a domain must be suspended before it is resumed. */
const createDomains = (connection: Connection): Promise<Domain[]> =>
  Promise.all([0, 1, 2, 3].map((index) => connection.domains.create(testDomainXml(`events-${index}`))));

async function make(events: number, domains: readonly Domain[], signal: AbortSignal): Promise<void> {
  let left = events;
  const alternate = async (domain: Domain) => {
    for (let running = true; left > 0; running = !running) {
      signal.throwIfAborted();
      left -= 1;
      await (running ? domain.suspend() : domain.resume());
    }
  };
  await Promise.all(domains.map(alternate));
}

async function residentBytes(pid: number | undefined): Promise<number> {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}

async function stream(
  daemon: PrivateDaemon,
  domains: readonly Domain[],
  load: Load,
  signal: AbortSignal,
): Promise<EventRun> {
  const { lines, listening, ended } = startListener(daemon, load, signal);
  await Promise.race([listening, ended]);
  const before = await residentBytes(daemon.pid);
  const begin = performance.now();
  const making = make(load.events, domains, signal).then(async () => {
    const madeMs = performance.now() - begin;
    const behind = load.events - (lines.at(-1)?.seen ?? 0);
    return { madeMs, behind, daemonBytes: { before, after: await residentBytes(daemon.pid) } };
  });
  const [made] = await Promise.all([making, ended]);
  return { ...load, ...made, lines, seenMs: performance.now() - begin };
}

export async function measureEvents(
  daemon: PrivateDaemon,
  load: Load,
  signal: AbortSignal,
): Promise<EventRun> {
  const connection = await daemon.connect('test:///default');
  try {
    const domains = await createDomains(connection);
    const run = await stream(daemon, domains, load, signal);
    await Promise.all(domains.map((domain) => domain.destroy()));
    return run;
  } finally {
    await connection.close();
  }
}
