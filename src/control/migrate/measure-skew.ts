/** How far two hosts' clocks are apart, by way of control's. */
import { BlanketError } from '../../wire/errors.ts';
import type { ClockOffset } from '../../wire/routes/conform.ts';
import type { Agents } from '../agents/agents.ts';
import { within } from '../agents/within.ts';
import { type ClockSample, offsetOf } from '../conform/clock-offset.ts';

const SAMPLES = 3;
const LIMIT_MS = 4_000;

/** The destination's clock before the source's, ms; wrong by `uncertaintyMs` at most. */
export type Skew = { skewMs: number; uncertaintyMs: number };

async function readClock(agents: Agents, host: string): Promise<ClockOffset> {
  const samples: ClockSample[] = [];
  while (samples.length < SAMPLES) {
    const sentMs = Date.now();
    const { unixMs } = await agents.call(host, 'conform.now', {});
    samples.push({ sentMs, receivedMs: Date.now(), unixMs });
  }
  const offset = offsetOf(samples);
  if (offset !== undefined) return offset;
  throw new BlanketError('conform.no-time', "Control's own clock was set back.");
}

/** @throws BlanketError of the agents, `agent.timed-out`, `conform.no-time` */
export async function measureSkew(agents: Agents, source: string, destination: string): Promise<Skew> {
  const [from, to] = await Promise.all(
    [source, destination].map((host) => within(LIMIT_MS, host, () => readClock(agents, host))),
  );
  if (from === undefined || to === undefined) throw new Error('two hosts have two clocks');
  return {
    skewMs: to.offsetMs - from.offsetMs,
    uncertaintyMs: to.uncertaintyMs + from.uncertaintyMs,
  };
}
