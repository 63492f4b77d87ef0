/** How a migration's phases call the agents. */
import { BlanketError } from '../../wire/errors.ts';
import type { MigrateState } from './state.ts';

export const CALL_TIMEOUT_MS = 120_000;
/** A copy may take as long as it takes; this is the longest a timer can be. */
export const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** How long a flow that may not give up tries to reach a host. */
export const PATIENCE_MS = 600_000;

export const idOf = ({ operation, guest, lease }: MigrateState) => ({ operation, guest, lease });

/** The host was removed, by force if it was away: a person has decided that nothing runs there. */
export const isGone = (error: unknown): boolean =>
  error instanceof BlanketError && error.code === 'host.not-found';
