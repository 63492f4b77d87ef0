/** How a flow's outcome is told: as the state and the problem of its operation. */
import { BlanketError, fromProblem, type Problem, toProblem } from '../../wire/errors.ts';
import type { OperationState } from '../../wire/resources.ts';
import type { Outcome } from '../run-phases.ts';

/** What else is known of a failure. */
export type Explanation = Record<string, unknown>;

/** What was cancelled, or refused by a check, did not go wrong anywhere. */
export const isFailure = (outcome: Outcome): boolean =>
  outcome.state !== 'done' && !['cancelled', 'blocked'].includes(toProblem(outcome.error).kind);

export function problemOf(outcome: Outcome, known: Explanation): Problem | null {
  if (outcome.state === 'done') return null;
  const problem = toProblem(outcome.error);
  return Object.keys(known).length === 0 ? problem : { ...problem, data: { ...problem.data, ...known } };
}

/** What is told of an operation that is undone when a person takes it up again; what had kept it from its end is the cause. */
export const undoneLater = (before: Problem | null): BlanketError =>
  new BlanketError('operation.undone-later', 'It was taken up again, and undone.', {
    next: 'Everything it had begun has been undone; start it again.',
    ...(before !== null && { cause: fromProblem(before) }),
  });

/** @param undoneState what this flow is called when it was undone. */
export function stateOf(
  outcome: Outcome,
  problem: Problem | null,
  undoneState: OperationState,
): OperationState {
  if (outcome.state === 'done') return 'done';
  if (outcome.state === 'attention') return 'attention';
  if (problem?.kind === 'cancelled') return 'cancelled';
  return problem?.kind === 'blocked' ? 'failed' : undoneState;
}
