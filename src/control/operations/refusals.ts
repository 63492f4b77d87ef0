/** What may not be done to an operation just now. */
import { BlanketError } from '../../wire/errors.ts';
import type { Operation, OperationKind } from '../../wire/resources.ts';
import { type Flow, isPastReturn } from '../run-phases.ts';
import type { OperationRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { FlowState } from './operations.ts';

export const runningRecords = (store: Store): OperationRecord[] =>
  store.operations.where({ state: 'running' });

/** @throws BlanketError `operation.busy` when the subject has an operation under way. */
export function refuseBusy(store: Store, subject: string): void {
  const other = runningRecords(store).find((record) => record.subject === subject);
  if (other === undefined) return;
  throw new BlanketError('operation.busy', `${other.kind} is under way on ${subject}.`, {
    kind: 'conflict',
    next: `Watch it with \`blanket op watch ${other.id}\`, or end it with \`blanket op cancel ${other.id}\`.`,
    data: { operation: other.id, subject },
  });
}

/** @throws BlanketError `operation.ended`, `operation.past-return` */
export function refuseCancel(
  { id, kind, state, phases }: Operation,
  flow: Pick<Flow<FlowState>, 'phases' | 'pastReturn'>,
  learnt: FlowState,
): void {
  const data = { operation: id, state };
  if (state !== 'running') {
    const message = `The operation ${id} has ended already.`;
    throw new BlanketError('operation.ended', message, { kind: 'conflict', data });
  }
  if (!isPastReturn(flow, phases, learnt)) return;
  const message = `${kind} is past its point of no return: it goes on to its end.`;
  const next = `Watch it with \`blanket op watch ${id}\`.`;
  throw new BlanketError('operation.past-return', message, { kind: 'conflict', next, data });
}

/**
 * What has been done to the subject since, and came to its end, was decided by a person, and knows nothing of this one.
 * @param after what it was told to expect
 * @throws BlanketError `operation.not-stopped`, `operation.superseded`, `operation.busy`
 */
export function refuseResume(
  store: Store,
  { id, state, subject, createdAt }: OperationRecord,
  after: readonly OperationKind[],
): void {
  if (state !== 'attention') {
    throw new BlanketError(
      'operation.not-stopped',
      `The operation ${id} is ${state}: it needs no resuming.`,
      {
        kind: 'conflict',
        data: { operation: id, state },
      },
    );
  }
  refuseBusy(store, subject);
  const later = store.operations
    .where({ subject, state: 'done' })
    .find(
      ({ kind, ...other }) => Date.parse(other.createdAt) > Date.parse(createdAt) && !after.includes(kind),
    );
  if (later === undefined) return;
  throw new BlanketError(
    'operation.superseded',
    `${subject} has changed since by ${later.kind} (${later.id}).`,
    {
      kind: 'conflict',
      next: 'Look at both hosts with `blanket host ssh`: what is true there now is not what this operation left.',
      data: { operation: id, later: later.id },
    },
  );
}
