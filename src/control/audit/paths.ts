/** Where the audit log lies under the state directory. */
import { join } from 'node:path';

export const auditPaths = (state: string) => ({
  directory: join(state, 'audit'),
  log: join(state, 'audit', 'log.jsonl'),
  head: join(state, 'audit', 'head.json'),
});
