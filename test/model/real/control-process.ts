/** Control's process: the real flow and the real operations over a real store, until it is killed. */
import { pino } from 'pino';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { migrateFlow } from '../../../src/control/migrate/migrate.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import type { Services } from '../../../src/control/services.ts';
import type { Store } from '../../../src/control/store/store.ts';

const log = pino({ level: 'silent' });

export type ControlProcess = { operations: Operations; kill(): void; isAlive(): boolean };

/** `plan` only asks, and what it asks for is measured on real hosts: a run begins after it. */
export function startControl(
  store: Store,
  folder: string,
  agentsFor: (isAlive: () => boolean) => Agents,
): ControlProcess {
  let alive = true;
  const isAlive = () => alive;
  const operations = new Operations(store, log);
  const key = { privateKey: '', publicKey: '', file: '' };
  const services: Services = {
    ...{ store, operations, agents: agentsFor(isAlive), key, paths: { state: folder }, log },
  };
  const flow = migrateFlow(services);
  operations.define({ ...flow, phases: flow.phases.filter(({ name }) => name !== 'plan') });
  return {
    operations,
    isAlive,
    kill() {
      alive = false;
    },
  };
}
