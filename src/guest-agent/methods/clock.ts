/** The guest's own clock beside this host's. */
import type { AgentResult } from '../../wire/agent.ts';
import type { Context } from '../context.ts';
import { needGuest } from '../guests.ts';
import type { HandlersOf } from '../handlers.ts';

/** The fastest of a few is the best. */
const wanted = 3;

type Samples = AgentResult<'clock.read'>['samples'];

/** What was read until the time was over. @throws what the first reading throws */
async function read(clock: (signal: AbortSignal) => Promise<number>, signal: AbortSignal): Promise<Samples> {
  const samples: Samples = [];
  while (samples.length < wanted) {
    const sentMs = Date.now();
    try {
      const unixMs = await clock(signal);
      samples.push({ sentMs, receivedMs: Date.now(), unixMs });
    } catch (error) {
      if (samples.length > 0) return samples;
      throw error;
    }
  }
  return samples;
}

export const clockHandlers = (context: Context): HandlersOf<'clock'> => ({
  'clock.read': async ({ guest, limitMs }, { signal }) => {
    const { engine } = await needGuest(context, guest);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
    return { samples: await read((until) => engine.clock(guest, until), limit) };
  },
  'clock.set': async ({ guest, limitMs }, { signal }) => {
    const { engine } = await needGuest(context, guest);
    await engine.setClock(guest, AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
    return {};
  },
});
