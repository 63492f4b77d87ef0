/** The way between two hosts, measured inside the tunnel, and remembered for a while. */
import type { PathReading } from '../../wire/methods/plan.ts';
import type { Agents } from '../agents/agents.ts';
import { within } from '../agents/within.ts';

/**
 * The stream itself, whichever is over first: a good way is measured in a fraction of a second. The plan asks both hosts for much
 * else in the first second, and a busy one passes little on meanwhile: what it passes on later counts.
 */
const STREAM_MS = 3_000;
const STREAM_BYTES = 4 * 2 ** 20;
/** What is set up and answered around it. */
const AROUND_MS = 4_000;
const LIFE_MS = 2 * (STREAM_MS + AROUND_MS);
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
  const sink = await within(AROUND_MS, destination, (options) =>
    agents.call(destination, 'plan.path-sink', { lifeMs: LIFE_MS }, options),
  );
  const wish = { ...sink, ms: STREAM_MS, bytes: STREAM_BYTES };
  const reading = await within(STREAM_MS + AROUND_MS, source, (options) =>
    agents.call(source, 'plan.path-send', wish, options),
  );
  book.set(pair, { reading, atMs: Date.now() });
  return reading;
}
