/**
 * What a row of answers proves: the longest time without one, and whether it was one and the same run of the
 * guest all along. Pure arithmetic over samples; the asking is in observer.ts.
 */
import { z } from 'zod';

/** One answer of the counting service (images/micro). Its own clock is only compared with itself. */
export const replySchema = z.object({
  bootId: z.string().min(1),
  count: z.int().nonnegative(),
  /** The last count that is on the guest's disk. */
  persisted: z.int().nonnegative(),
  uptimeMs: z.number().nonnegative(),
});
export type Reply = z.infer<typeof replySchema>;

/** `at`: when the answer came, ms on the observer's monotonic clock. */
export type Sample = Reply & { at: number };

export type Observation = {
  replies: number;
  /** The longest time between two answers, or between the last one and the end. */
  gapMs: number;
  first: Sample;
  last: Sample;
  /** Full sentences; empty when the guest ran on unbroken. */
  faults: string[];
};

function faultsBetween(before: Sample, after: Sample): string[] {
  const faults: string[] = [];
  if (after.bootId !== before.bootId) {
    faults.push(`The boot id changed from ${before.bootId} to ${after.bootId}: the guest was restarted.`);
  }
  if (after.count < before.count) {
    faults.push(`The count fell from ${before.count} to ${after.count}.`);
  }
  if (after.persisted < before.persisted) {
    faults.push(`The count on the disk fell from ${before.persisted} to ${after.persisted}.`);
  }
  if (after.uptimeMs < before.uptimeMs) {
    faults.push(`The guest's uptime fell from ${before.uptimeMs} to ${after.uptimeMs} ms.`);
  }
  return faults;
}

/** Answers must lead somewhere: a frozen counter that still answers is a fault as well. */
function faultsOfWhole(first: Sample, last: Sample): string[] {
  const faults: string[] = [];
  if (last.count <= first.count) faults.push(`The count stayed at ${last.count}.`);
  if (last.persisted <= first.persisted) faults.push(`The count on the disk stayed at ${last.persisted}.`);
  if (last.persisted > last.count) {
    faults.push(`The disk holds ${last.persisted}, which is more than was counted (${last.count}).`);
  }
  return faults;
}

/**
 * Sums samples up, in the order they came; `endedAt` is when the watching ended, on the samples' clock.
 * @throws Error when there is no sample, since nothing can be said then.
 */
export function judge(samples: readonly Sample[], endedAt: number): Observation {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined) throw new Error('The guest never answered the observer.');
  const observation: Observation = { replies: samples.length, gapMs: 0, first, last, faults: [] };
  let before = first;
  for (const sample of samples.slice(1)) {
    observation.gapMs = Math.max(observation.gapMs, sample.at - before.at);
    observation.faults.push(...faultsBetween(before, sample));
    before = sample;
  }
  observation.gapMs = Math.max(observation.gapMs, endedAt - last.at);
  observation.faults.push(...faultsOfWhole(first, last));
  return observation;
}
