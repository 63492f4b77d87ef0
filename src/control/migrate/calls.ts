/** How a migration's phases call the agents. */
import type { MigrateState } from './state.ts';

export const CALL_TIMEOUT_MS = 120_000;
/** How long a flow that may not give up tries to reach a host. */
export const PATIENCE_MS = 600_000;

export const idOf = ({ operation, guest }: MigrateState) => ({ operation, guest });
