/** Control's handlers over a real store, with agents that answer from a table: who is not in it cannot be reached. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { pino } from 'pino';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { fleetHandlers } from '../../../src/control/api/fleet-handlers.ts';
import { guestHandlers } from '../../../src/control/api/guest-handlers.ts';
import { migrateHandlers } from '../../../src/control/api/migrate-handlers.ts';
import { createGuestFlow, startGuestFlow } from '../../../src/control/guest/guest-flows.ts';
import { Operations } from '../../../src/control/operations/operations.ts';
import type { Services } from '../../../src/control/services.ts';
import { type GuestRecord, guestRecordSchema } from '../../../src/control/store/records.ts';
import { openStore } from '../../../src/control/store/store.ts';
import { api } from '../../../src/wire/api.ts';
import type { EngineCpu } from '../../../src/wire/cpu.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import type { AllowRule, GuestMetadata } from '../../../src/wire/network.ts';
import type { Operation } from '../../../src/wire/resources.ts';
import { networkRecord } from '../network-record.ts';

const log = pino({ level: 'silent' });
const digest = `sha256:${'a'.repeat(64)}`;
const createdAt = '2026-01-02T03:04:05.000Z';

export type Rig = ReturnType<typeof rig>;

export function rig(t: ExecutionContext, cpus: Record<string, EngineCpu>) {
  const directory = mkdtempSync(join(tmpdir(), 'blanket-fleet-'));
  const store = openStore(join(directory, 'control.db'));
  const operations = new Operations(store, log);
  const agents = {
    async call(host: string, method: string) {
      const cpu = cpus[host];
      if (cpu === undefined) throw new BlanketError('ssh.unreachable', `${host} does not answer.`);
      if (method === 'image.list') return { images: [{ digest, bytes: 1 }] };
      return method === 'engine.cpu' ? cpu : {};
    },
  } as unknown as Agents;
  const key = { privateKey: '', publicKey: '', file: '' };
  const services: Services = { store, operations, agents, key, paths: { state: directory }, log };
  operations.define(createGuestFlow(services));
  operations.define(startGuestFlow(services));
  // what is under test comes before it
  operations.define({ kind: 'guest.migrate', phases: [], afterRestart: 'undo', undoneState: 'failed' });
  store.networks.insert(networkRecord('lan', '10.77.0.0/24', 100));
  store.images.insert({ name: 'micro', digest, bytes: 1, virtualBytes: 1, createdAt });
  let closed = false;
  const close = () => {
    store.close();
    closed = true;
  };
  t.teardown(() => {
    if (!closed) store.close();
    rmSync(directory, { recursive: true });
  });
  return { directory, store, operations, services, close, ...handlers(services) };
}

function handlers(services: Services) {
  const guests = guestHandlers(services);
  const create = (wish: {
    name: string;
    host: string;
    cpu?: 'portable' | 'baseline' | 'host';
    nested?: boolean;
    address?: string;
    allow?: AllowRule[];
    metadata?: GuestMetadata;
  }) =>
    guests['guest.create']({
      ...{ params: {}, query: {} },
      body: api['guest.create'].body.parse({ image: 'micro', network: 'lan', start: false, ...wish }),
    });
  const migrate = async (name: string, to: string) =>
    migrateHandlers(services)['guest.migrate']({
      params: { name },
      query: {},
      body: api['guest.migrate'].body.parse({ to }),
    });
  const start = (name: string) => guests['guest.start']({ params: { name }, query: {}, body: {} });
  return { fleet: fleetHandlers(services), create, migrate, start };
}

export const guestRecord = (name: string, host: string, change: Partial<GuestRecord> = {}): GuestRecord =>
  guestRecordSchema.parse({
    ...{ name, uuid: '11111111-2222-4333-8444-555555555555', state: 'running', host, image: 'micro', digest },
    ...{ engine: 'kvm', vcpus: 1, memoryMiB: 128, diskBytes: 1, nics: [], createdAt },
    ...change,
  });

export async function ended({ operations }: Pick<Rig, 'operations'>, { id }: Operation): Promise<Operation> {
  for (let since = 0; ; ) {
    const operation = await operations.wait(id, since, 5_000);
    if (operation.state !== 'running') return operation;
    since = operation.version;
  }
}
