/** One migration with the observer watching from outside, from before it begins until after it ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { migrationResultSchema } from '../../src/wire/resources.ts';
import type { Seat } from './blanket.ts';
import type { Observation } from './continuity.ts';
import type { Address } from './line-client.ts';
import { type ObserverOptions, observe } from './observer.ts';
import { stage } from './stage.ts';

const reportSchema = migrationResultSchema.extend({
  operation: z.string(),
  state: z.string(),
  phases: z.array(z.object({ name: z.string(), durationMs: z.number().nullable() })),
});
export type MigrationReport = z.infer<typeof reportSchema>;

/** Trouble that a cutover leaves behind, such as stale forwarding entries, shows itself soon after. */
const aroundMs = 2_000;

/** Does `move` with the observer watching; the observation covers two seconds before and after as well. */
export async function whileObserved<T>(
  address: Address,
  signal: AbortSignal,
  move: () => Promise<T>,
  options: ObserverOptions = {},
): Promise<{ result: T; observation: Observation }> {
  const observer = await observe(address, signal, options);
  try {
    await sleep(aroundMs, undefined, { signal });
    const result = await move();
    await sleep(aroundMs, undefined, { signal });
    return { result, observation: await observer.stop() };
  } catch (error) {
    await observer.stop();
    throw error;
  }
}

export async function migrate({ blanket }: Seat, to: string): Promise<MigrationReport> {
  const text = await blanket(['migrate', stage.guest, '--to', to, '-o', 'json']);
  return reportSchema.parse(JSON.parse(text));
}
