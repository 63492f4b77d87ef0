/**
 * The outside observer: one TCP connection, kept through the whole migration, on which the guest is asked for
 * its count again and again. It knows nothing of Blanket; it sees what a user of the guest's service would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { judge, type Observation, replySchema, type Sample } from './continuity.ts';
import { type Address, connectLines, type LineClient } from './line-client.ts';

export type ObserverOptions = {
  /** Pause between an answer and the next request, ms. */
  pauseMs?: number;
  /** Silence after which the guest is given up, ms. */
  limitMs?: number;
};

export type Observer = {
  /** Ends the watching and sums it up; a broken connection is a fault. */
  stop(): Promise<Observation>;
};

const parseReply = (line: string) => replySchema.parse(JSON.parse(line));

/** @throws Error when nothing listens there, or when the first answer is missing or not understood. */
export async function observe(
  address: Address,
  signal: AbortSignal,
  { pauseMs = 25, limitMs = 60_000 }: ObserverOptions = {},
): Promise<Observer> {
  const client = await connectLines(address, signal);
  const samples: Sample[] = [];
  const take = async () => {
    const line = await client.ask('count', limitMs);
    samples.push({ ...parseReply(line), at: performance.now() });
  };
  const stopping = new AbortController();
  try {
    await take();
  } catch (error) {
    client.close();
    throw error;
  }
  const watching = watch(take, pauseMs, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      const fault = await watching;
      const observation = judge(samples, performance.now());
      client.close();
      return fault === undefined ? observation : { ...observation, faults: [fault, ...observation.faults] };
    },
  };
}

/** Asks until told to stop; gives the sentence that says why it ended early. */
async function watch(
  take: () => Promise<void>,
  pauseMs: number,
  stopping: AbortSignal,
): Promise<string | undefined> {
  try {
    while (!stopping.aborted) {
      await sleep(pauseMs);
      await take();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** One request on a connection of its own. */
export async function askOnce(
  address: Address,
  request: string,
  signal: AbortSignal,
  limitMs = 30_000,
): Promise<unknown> {
  let client: LineClient | undefined;
  try {
    client = await connectLines(address, signal);
    return JSON.parse(await client.ask(request, limitMs));
  } finally {
    client?.close();
  }
}
