/**
 * Progress that never runs backwards. A guest writes memory again while it is copied, so what is left to send grows with
 * each round, and a copy that another host takes up may count from further back. What is told is what was reached: bytes done
 * and the round only grow, bytes left only shrink, and so does the share that is done only grow. Rates and the time left are
 * those of the moment.
 */
import type { Progress } from '../../wire/resources.ts';

/** @param before what was told last in the same phase. One without bytes ends a count: the next begins anew. */
export function forward(before: Progress | null, now: Progress): Progress {
  const round = now.round === undefined ? {} : { round: Math.max(before?.round ?? 0, now.round) };
  const [counted, reached] = [countOf(now), before === null ? undefined : countOf(before)];
  if (counted === undefined || reached === undefined) return { ...now, ...round };
  const doneBytes = Math.max(reached.done, counted.done);
  const left = Math.min(reached.left, counted.left);
  return { ...now, ...round, doneBytes, totalBytes: doneBytes + left };
}

function countOf({ doneBytes, totalBytes }: Progress): { done: number; left: number } | undefined {
  if (doneBytes === undefined || totalBytes === undefined) return undefined;
  return { done: doneBytes, left: Math.max(0, totalBytes - doneBytes) };
}

/** What another control had reached: how fast it went is not known any more. */
export function reachedBefore(progress: Progress | null): Progress | null {
  if (progress === null) return null;
  const { bytesPerSecond: _rate, dirtyBytesPerSecond: _dirty, leftMs: _left, ...reached } = progress;
  return reached;
}
