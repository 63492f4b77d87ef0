/** Whether a guest goes while it is stopped, and what that changes in what all migrations do. */
import type { Objective } from '../../../wire/objective.ts';
import type { Phase } from '../../run-phases.ts';
import type { GuestRecord } from '../../store/records.ts';
import type { MigrateState } from '../state.ts';

/** Left to Blanket, a guest that is stopped goes as it is. There is no memory that a pause could get across. */
export function settleMode(objective: Objective, { state }: Pick<GuestRecord, 'state'>): Objective {
  const cold = objective.mode === 'cold' || (objective.mode === 'auto' && state === 'stopped');
  return cold ? { ...objective, mode: 'cold', onTimeout: 'abort' } : objective;
}

/**
 * Decided when a migration is admitted and journaled with it, never asked anew: what was begun live is ended live, also one that
 * a control of before cold migration began.
 */
export const isCold = ({ cold }: Pick<MigrateState, 'cold'>): boolean => cold !== undefined;

/** Of a guest that is neither under way nor lost: as it was before, or as it is after. */
export const restingState = ({ cold }: Pick<MigrateState, 'cold'>): 'running' | 'stopped' =>
  cold?.wasRunning === false ? 'stopped' : 'running';

export function coldOf({ cold }: Pick<MigrateState, 'cold'>): NonNullable<MigrateState['cold']> {
  if (cold === undefined) throw new Error('a live migration in a phase of a cold one');
  return cold;
}

/** A phase that does its work in another way when the guest goes cold; whether there is a way back from it is the same. */
export const orCold = (live: Phase<MigrateState>, cold: Phase<MigrateState>): Phase<MigrateState> => {
  const one = ({ state }: { state: MigrateState }) => (isCold(state) ? cold : live);
  return {
    ...live,
    do: (context) => one(context).do(context),
    ...((live.undo ?? cold.undo) && { undo: async (context) => one(context).undo?.(context) }),
  };
};
