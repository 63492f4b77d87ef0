/** How an operation reads: its outcome as an error, its line of progress. */
import { BlanketError, type ErrorKind } from '../../wire/errors.ts';
import type { Operation, OperationState, PhaseRecord, Progress } from '../../wire/resources.ts';
import { bytesText, durationText, rateText, roughText } from './units.ts';

const kinds: Record<Exclude<OperationState, 'running' | 'done'>, ErrorKind | undefined> = {
  failed: undefined, // the problem's own kind
  'rolled-back': 'rolled-back',
  cancelled: 'cancelled',
  attention: 'attention',
};

/** The error that an ended operation stands for; `undefined` for one that is done or still running. */
export function outcomeError(operation: Operation): BlanketError | undefined {
  const { state, problem, id } = operation;
  if (state === 'running' || state === 'done') return undefined;
  const kind = kinds[state] ?? problem?.kind ?? 'failed';
  const title = `${operation.kind} of ${operation.subject}`;
  const sentence = problem?.message ?? `Operation ${id} (${title}) ended as ${state}.`;
  const causes = problem?.causes?.reduceRight<Error | undefined>(
    (inner, message) => new Error(message, inner === undefined ? undefined : { cause: inner }),
    undefined,
  );
  return new BlanketError(problem?.code ?? `operation.${state}`, sentence, {
    kind,
    next: problem?.next ?? `\`blanket op show ${id}\` shows what was done.`,
    data: { ...problem?.data, operation: id, state },
    cause: causes,
  });
}

export const runningPhase = ({ phases }: Operation): PhaseRecord | undefined =>
  phases.find((phase) => phase.state === 'running');

/** `12.1 MiB of 61.4 MiB, 10.2 MB/s, round 2, 5 s left`; the message alone when nothing is counted. */
export function progressText(progress: Progress): string {
  const { doneBytes, totalBytes, bytesPerSecond, dirtyBytesPerSecond, round, leftMs } = progress;
  const counted = doneBytes !== undefined && totalBytes !== undefined && totalBytes > 0;
  const parts = [
    counted ? `${bytesText(doneBytes)} of ${bytesText(totalBytes)}` : undefined,
    bytesPerSecond !== undefined && bytesPerSecond > 0 ? rateText(bytesPerSecond) : undefined,
    dirtyBytesPerSecond !== undefined && dirtyBytesPerSecond > 0
      ? `dirtied at ${rateText(dirtyBytesPerSecond)}`
      : undefined,
    round !== undefined && round > 0 && !progress.message.includes('round') ? `round ${round}` : undefined,
    leftMs !== undefined ? `${roughText(leftMs)} left` : undefined,
  ].filter((part) => part !== undefined);
  return [progress.message, parts.join(', ')].filter((part) => part !== '').join(': ');
}

/** Milliseconds that a phase has taken so far. */
export const phaseMs = (phase: PhaseRecord, now: number): number =>
  phase.durationMs ?? (phase.startedAt === null ? 0 : Math.max(0, now - Date.parse(phase.startedAt)));

export const phaseMark = { done: '✓', failed: '✗', undone: '↶', running: '·', waiting: ' ' } as const;

/** `✓ copy        12.3 s` with names padded to `width`. */
export const phaseLine = (phase: PhaseRecord, width: number, now: number): string => {
  const took = phase.state === 'undone' ? 'undone' : durationText(phaseMs(phase, now));
  return `${phaseMark[phase.state]} ${phase.name.padEnd(width)}  ${took}`;
};
