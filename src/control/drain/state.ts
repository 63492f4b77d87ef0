/** What a drain knows, as it is journaled. */
import type { DrainedGuest } from '../../wire/routes/drain.ts';
import type { PhaseContext } from '../run-phases.ts';

export type DrainState = {
  operation: string;
  host: string;
  /** Hosts that guests may go to; absent: all others. */
  to?: string[];
  /** Migrations at a time, at most. */
  parallel: number;
  /** Those that are stopped go as well; absent: they stay. */
  stopped?: true;
  /** In the order in which they go. */
  guests: DrainedGuest[];
  /** Nothing new is to be begun. */
  stopping?: true;
};

export type DrainContext = PhaseContext<DrainState>;

export function change({ state, save }: DrainContext, guest: string, news: Partial<DrainedGuest>): void {
  save({ guests: state.guests.map((one) => (one.guest === guest ? { ...one, ...news } : one)) });
}

export const counted = (guests: readonly DrainedGuest[], state: DrainedGuest['state']): number =>
  guests.filter((one) => one.state === state).length;
