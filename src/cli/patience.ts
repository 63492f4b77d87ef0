/** How long a command waits for control. */
import type { CallOptions } from '../api-client/client.ts';

/** More than the default, since control waits for hosts that do not answer. */
export const telling: CallOptions = { timeoutMs: 180_000 };
