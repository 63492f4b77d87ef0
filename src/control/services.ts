/** What every flow works with. */
import type { Logger } from 'pino';
import type { Agents } from './agents/agents.ts';
import type { Cloud, CloudPaths } from './clouds/cloud.ts';
import { openCloud } from './clouds/registry.ts';
import type { Operations } from './operations/operations.ts';
import type { ControlKey } from './ssh/keys.ts';
import type { Store } from './store/store.ts';

export type Services = {
  store: Store;
  operations: Operations;
  agents: Agents;
  key: ControlKey;
  paths: CloudPaths;
  log: Logger;
};

/** @throws BlanketError `cloud.not-found` */
export function cloudOf({ store, paths }: Services, name: string): Cloud {
  const { type, config } = store.clouds.get(name);
  return openCloud(type, name, config, paths);
}
