/**
 * The only phase runner. A flow is a list of phases, declared once; order, journal, progress and undo come
 * from the list.
 *
 *   waiting -> running -> done ---------------------------> (all done) done
 *                 |  fails, no point of no return passed
 *                 v
 *              failed -> undo of every begun phase, last first -> undone
 *                             | an undo fails, or the failure came after the point of no return
 *                             v
 *                         attention: nothing more is done; a person decides
 *
 * Every change is journaled before it is acted on, so a restarted control knows how far a flow may have come:
 * `recover` goes on from the interrupted phase (flows whose phases can be repeated, and any flow that is past
 * its point of no return) or undoes what was begun. The same takes up an operation that ended in attention.
 */
import { BlanketError } from '../wire/errors.ts';
import type { PhaseRecord, Progress } from '../wire/resources.ts';

export type PhaseContext<S> = {
  /** What the flow has learnt; JSON only. Change it with `save`, which journals it. */
  readonly state: S;
  save(change: Partial<S>): void;
  progress(progress: Progress): void;
  /** Aborted when a person cancels; ignored past the point of no return. */
  readonly signal: AbortSignal;
};

export type Phase<S> = {
  name: string;
  do(context: PhaseContext<S>): Promise<void>;
  /** Absent only where a comment beside the phase says why there is nothing to undo. Must be repeatable. */
  undo?: (context: PhaseContext<S>) => Promise<void>;
  /** Once this phase has begun there is no way back, unless it throws `NothingHappened`. */
  noReturn?: true;
  /** Of a phase of no return: it can be told to stop while it runs, and then throws `NothingHappened`. */
  hearsCancel?: true;
};

/** A phase marked `noReturn` throws this when it knows that the world is still as it was before it. */
export class NothingHappened extends BlanketError {}

export type Outcome =
  | { state: 'done' }
  | { state: 'undone'; error: unknown }
  | { state: 'attention'; error: unknown };

export type Journal<S> = {
  readonly phases: PhaseRecord[];
  state(): S;
  saveState(change: Partial<S>): void;
  savePhase(index: number, change: Partial<PhaseRecord>): void;
  progress(progress: Progress): void;
};

export type Flow<S> = {
  phases: readonly Phase<S>[];
  /** After a restart: go on where it stopped, or undo. Past the point of no return it always goes on. */
  afterRestart: 'resume' | 'undo';
  /** What the flow has learnt says that there is no way back any more, whichever phase it is in. */
  pastReturn?: (state: S) => boolean;
};

export const freshPhases = (phases: readonly { name: string }[]): PhaseRecord[] =>
  phases.map(({ name }) => ({ name, state: 'waiting', startedAt: null, durationMs: null }));

export function runPhases<S>(flow: Flow<S>, journal: Journal<S>, signal: AbortSignal): Promise<Outcome> {
  return advance(flow, journal, signal, 0);
}

/** What is told of one that is undone because control ended. */
const interrupted = (): BlanketError =>
  new BlanketError('operation.interrupted', 'Control ended while this was under way.', {
    next: 'Everything it had begun has been undone; start it again.',
  });

/**
 * Ends what was left unfinished.
 * @param why it is undone, if it is; absent: control crashed or was stopped
 */
export function recover<S>(
  flow: Flow<S>,
  journal: Journal<S>,
  signal: AbortSignal,
  why: BlanketError = interrupted(),
): Promise<Outcome> {
  const from = journal.phases.findIndex(({ state }) => state !== 'done');
  const passed =
    isLearnt(flow, journal) || flow.phases.some((phase, i) => phase.noReturn && begun(journal.phases[i]));
  if (!undoing(flow, journal) && (passed || flow.afterRestart === 'resume')) {
    const heard = passed ? new AbortController().signal : signal; // a cancel came too late there
    return advance(flow, journal, heard, from === -1 ? flow.phases.length : from);
  }
  return unwind(flow, journal, signal.aborted ? cancelled(why) : why);
}

const isLearnt = <S>({ pastReturn }: Flow<S>, journal: Journal<S>): boolean =>
  pastReturn?.(journal.state()) === true;

/** Begun, and not known to have done nothing: nobody can call it back. */
export const isPastReturn = <S>(
  { phases, pastReturn }: Pick<Flow<S>, 'phases' | 'pastReturn'>,
  records: readonly PhaseRecord[],
  learnt: S,
): boolean =>
  pastReturn?.(learnt) === true ||
  phases.some(({ noReturn, hearsCancel }, i) => {
    const state = records[i]?.state;
    return noReturn === true && (state === 'done' || (state === 'running' && hearsCancel !== true));
  });

/**
 * A failure at or past the point of no return does not tell that undoing had begun: control may have ended before it could
 * give the flow up to a person. To go on asks the world again, which is safe; to undo would not be.
 */
const undoing = <S>(flow: Flow<S>, journal: Journal<S>): boolean =>
  !isLearnt(flow, journal) &&
  journal.phases.some(
    ({ state }, i) =>
      state === 'undone' || (state === 'failed' && !isPast(flow, i) && flow.phases[i]?.noReturn !== true),
  );

const begun = (record: PhaseRecord | undefined): boolean =>
  record !== undefined && record.state !== 'waiting' && record.state !== 'undone';

async function advance<S>(
  flow: Flow<S>,
  journal: Journal<S>,
  signal: AbortSignal,
  from: number,
): Promise<Outcome> {
  for (const [index, phase] of flow.phases.entries()) {
    if (index < from) continue;
    // Before it is begun: a cancel in front of the point of no return leaves nothing unsure.
    if (signal.aborted && !isPast(flow, index) && !isLearnt(flow, journal))
      return unwind(flow, journal, cancelled(signal.reason));
    try {
      await runPhase(phase, index, journal, signal);
    } catch (error) {
      const unsure = phase.noReturn === true && !(error instanceof NothingHappened);
      if (isPast(flow, index) || unsure || isLearnt(flow, journal)) return { state: 'attention', error };
      return unwind(flow, journal, signal.aborted ? cancelled(error) : error);
    }
  }
  return { state: 'done' };
}

const isPast = <S>(flow: Flow<S>, index: number): boolean =>
  flow.phases.slice(0, index).some(({ noReturn }) => noReturn);

/** What the abort itself threw adds nothing to the sentence. */
function cancelled(error: unknown): BlanketError {
  const cause = error instanceof Error && error.name === 'AbortError' ? undefined : error;
  return new BlanketError('operation.cancelled', 'The operation was cancelled.', {
    kind: 'cancelled',
    cause,
  });
}

async function runPhase<S>(
  phase: Phase<S>,
  index: number,
  journal: Journal<S>,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = new Date();
  journal.savePhase(index, { state: 'running', startedAt: startedAt.toISOString() });
  const duration = () => ({ durationMs: Date.now() - startedAt.getTime() });
  try {
    await phase.do(contextOf(journal, signal));
    journal.savePhase(index, { state: 'done', ...duration() });
  } catch (error) {
    journal.savePhase(index, { state: 'failed', ...duration() });
    throw error;
  }
}

const contextOf = <S>(journal: Journal<S>, signal: AbortSignal): PhaseContext<S> => ({
  get state() {
    return journal.state();
  },
  save: (change) => journal.saveState(change),
  progress: (progress) => journal.progress(progress),
  signal,
});

async function unwind<S>(flow: Flow<S>, journal: Journal<S>, error: unknown): Promise<Outcome> {
  const never = new AbortController().signal; // what undoes may not be cancelled half-way
  for (const [index, phase] of [...flow.phases.entries()].reverse()) {
    if (phase.undo === undefined || !begun(journal.phases[index])) continue;
    try {
      await phase.undo(contextOf(journal, never));
      journal.savePhase(index, { state: 'undone' });
    } catch (cause) {
      const message = `Undoing the phase ${phase.name} failed, after: ${messageOf(error)}`;
      const next = cause instanceof BlanketError ? cause.next : undefined;
      const attention = new BlanketError('operation.undo-failed', message, {
        kind: 'attention',
        next,
        cause,
      });
      return { state: 'attention', error: attention };
    }
  }
  return { state: 'undone', error };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
