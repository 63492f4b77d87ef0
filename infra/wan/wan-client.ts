/**
 * The WAN as control sees it: a switch process that is there when it is needed.
 *
 *   attach ──▶ is one serving? ──no──▶ start one, detached; it reads links.json and ports.json
 *                    │yes                     │
 *                    └──────── ask it ◀───────┘
 */
import { mkdir, open } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { start } from '../../src/process/run.ts';
import { BlanketError, fromProblem } from '../../src/wire/errors.ts';
import { readIfThere } from './durable-file.ts';
import { inTurn } from './in-turn.ts';
import { defaultLink, type LinkSettings } from './link-settings.ts';
import { joins, readLinks, removeLinksOf, writeLink } from './links-file.ts';
import { type KnownPort, readPorts, writePorts } from './ports-file.ts';
import { controlSocket, linksFile, type WanPaths, wanDirectory, wanLog } from './wan-paths.ts';
import { answerSchema, type WanRequest, type WanState, wanProtocolVersion } from './wan-protocol.ts';

const program = fileURLToPath(new URL('wan-main.ts', import.meta.url));
const answerMs = 5_000;
const startMs = 15_000;
/** Set once the switch has ended between two calls: ask anew, this often at most. */
const attempts = 3;

export type WanLink = {
  clouds: [string, string];
  settings: LinkSettings;
  /** Frames and bytes since the switch started, by direction; empty while nothing has passed. */
  directions: WanState['directions'];
};

/** Makes sure that a switch is running; one that crashed is started again and dials every VM it had. */
export async function ensureWan(paths: WanPaths): Promise<WanState> {
  const before = starting.get(paths.state);
  if (before !== undefined) return await before;
  const found = startUnlessRunning(paths).finally(() => starting.delete(paths.state));
  starting.set(paths.state, found);
  return await found;
}
const starting = new Map<string, Promise<WanState>>();

/** Joins a VM's network card to the WAN. Idempotent. `socket` is where QEMU listens. */
export async function attachPort(paths: WanPaths, port: KnownPort): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await ensureWan(paths);
    if ((await ask(paths, { op: 'attach', ...port })) !== undefined) return;
    if (attempt === attempts) throw notServing(await controlSocket(paths));
  }
}

/** Takes a port off the WAN; the switch ends with its last port. Idempotent, also while no switch runs. */
export async function detachPort(paths: WanPaths, port: string): Promise<void> {
  await starting.get(paths.state);
  if ((await ask(paths, { op: 'detach', port })) !== undefined) return;
  // A crashed switch has left the port in its file, from where the next one would dial it.
  const known = await readPorts(paths);
  if (known.some((other) => other.port === port)) {
    await writePorts(
      paths,
      known.filter((other) => other.port !== port),
    );
  }
}

/** What the running switch says of itself; `undefined` when none runs. */
export const readWan = (paths: WanPaths): Promise<WanState | undefined> => ask(paths, { op: 'list' });

/**
 * Changes the link between two clouds, now and for every later switch.
 * @throws `wan.same-cloud`
 */
export async function setLink(paths: WanPaths, a: string, b: string, settings: LinkSettings): Promise<void> {
  if (a === b) {
    throw new BlanketError('wan.same-cloud', `"${a}" is one cloud; a link joins two.`, { kind: 'usage' });
  }
  await inTurn(linksFile(paths), () => writeLink(paths, { a, b, ...settings }));
  await ask(paths, { op: 'set-link', a, b, settings });
}

/** The settings of the link between two clouds, the default when none were set. */
export async function findLink(paths: WanPaths, a: string, b: string): Promise<LinkSettings> {
  const found = (await readLinks(paths)).find((link) => joins(link, a, b));
  if (found === undefined) return defaultLink;
  return { latencyMs: found.latencyMs, bandwidthBps: found.bandwidthBps, loss: found.loss };
}

/** Every link that was set, and every one that carries frames now. */
export async function listLinks(paths: WanPaths): Promise<WanLink[]> {
  const directions = (await readWan(paths))?.directions ?? [];
  const pairs = [
    ...(await readLinks(paths)).map(({ a, b }) => [a, b] as const),
    ...directions.map(({ from, to }) => [from, to] as const),
  ].map(([a, b]): [string, string] => (a < b ? [a, b] : [b, a]));
  const distinct = new Map(pairs.map((pair) => [pair.join('/'), pair]));
  return await Promise.all(
    [...distinct.values()].map(async ([a, b]) => ({
      clouds: [a, b] satisfies [string, string],
      settings: await findLink(paths, a, b),
      directions: directions.filter(({ from, to }) => joins({ a: from, b: to }, a, b)),
    })),
  );
}

/** Forgets the links of a cloud that is being removed. */
export const forgetLinksOf = (paths: WanPaths, cloud: string): Promise<void> =>
  inTurn(linksFile(paths), () => removeLinksOf(paths, cloud));

async function startUnlessRunning(paths: WanPaths): Promise<WanState> {
  const running = await readWan(paths);
  if (running !== undefined) return running;
  await mkdir(wanDirectory(paths), { recursive: true, mode: 0o700 });
  const log = await open(wanLog(paths), 'w', 0o600);
  const child = start(process.execPath, [program, paths.state], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log.fd, log.fd],
  });
  let failure: unknown;
  child.once('error', (error) => {
    failure = error;
  });
  child.unref();
  await log.close();
  for (const deadline = Date.now() + startMs; Date.now() < deadline; await sleep(50)) {
    const state = await readWan(paths);
    if (state !== undefined) return state;
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null) break;
  }
  throw new BlanketError('wan.start-failed', 'The WAN switch did not start.', {
    next: `Read ${wanLog(paths)}.`,
    data: { log: (await readIfThere(wanLog(paths)))?.slice(-2_000) },
    cause: failure,
  });
}

const notServing = (path: string): BlanketError =>
  new BlanketError('wan.not-serving', `The WAN switch at ${path} ends as soon as it is asked.`, {
    next: 'Read wan.log in the state directory.',
  });

/**
 * Puts one request to the switch.
 * @returns its state after the request; `undefined` when none serves, or it ended before it answered.
 * @throws the switch's own BlanketError; `wan.silent` when it does not answer in 5 s.
 */
async function ask(paths: WanPaths, request: WanRequest): Promise<WanState | undefined> {
  const line = await exchange(await controlSocket(paths), { version: wanProtocolVersion, request });
  if (line === undefined) return undefined;
  const answer = answerSchema.parse(JSON.parse(line));
  if ('problem' in answer) throw fromProblem(answer.problem);
  return answer.state;
}

function exchange(path: string, message: unknown): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(answerMs, () => {
      reject(
        new BlanketError('wan.silent', `The WAN switch at ${path} does not answer.`, { kind: 'timed-out' }),
      );
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined)); // refused or not there: no switch
    socket.on('close', () => resolve(undefined));
    createInterface({ input: socket })
      .on('line', (line) => {
        resolve(line);
        socket.destroy();
      })
      .on('error', () => resolve(undefined));
    socket.write(`${JSON.stringify(message)}\n`);
  });
}
