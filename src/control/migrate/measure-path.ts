/** The way between two hosts, measured inside the tunnel, and remembered for a while. */
import type { PathReading } from '../../wire/methods/plan.ts';
import type { Agents } from '../agents/agents.ts';
import { within } from '../agents/within.ts';

/** The stream itself; what is set up and answered around it comes on top. */
const STREAM_MS = 1_000;
const STREAM_BYTES = 4 * 2 ** 20;
const LIMIT_MS = 5_000;
/** A path changes with the hour, not with the minute. */
const KEPT_MS = 5 * 60_000;

type Kept = { reading: PathReading; atMs: number };
const books = new WeakMap<Agents, Map<string, Kept>>();

function bookOf(agents: Agents): Map<string, Kept> {
  const known = books.get(agents) ?? new Map<string, Kept>();
  books.set(agents, known);
  return known;
}

/** @throws BlanketError of the agents, `agent.timed-out` */
export async function measurePath(agents: Agents, source: string, destination: string): Promise<PathReading> {
  const [book, pair] = [bookOf(agents), `${source} ${destination}`];
  const known = book.get(pair);
  if (known !== undefined && Date.now() - known.atMs < KEPT_MS) return known.reading;
  const sink = await within(LIMIT_MS, destination, (options) =>
    agents.call(destination, 'plan.path-sink', { lifeMs: 2 * LIMIT_MS }, options),
  );
  const wish = { ...sink, ms: STREAM_MS, bytes: STREAM_BYTES };
  const reading = await within(LIMIT_MS, source, (options) =>
    agents.call(source, 'plan.path-send', wish, options),
  );
  book.set(pair, { reading, atMs: Date.now() });
  return reading;
}
