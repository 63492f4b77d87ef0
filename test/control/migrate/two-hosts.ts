/** Control's real migration over the real agent code of two hosts whose engines have no hypervisor. */
import type { ExecutionContext } from 'ava';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { migrateFlow } from '../../../src/control/migrate/migrate.ts';
import type { MigrateState } from '../../../src/control/migrate/state.ts';
import type { Definition, Operations } from '../../../src/control/operations/operations.ts';
import type { Services } from '../../../src/control/services.ts';
import { diskHandlers } from '../../../src/guest-agent/methods/disk.ts';
import { guestHandlers } from '../../../src/guest-agent/methods/guest.ts';
import { migrateHandlers } from '../../../src/guest-agent/methods/migrate.ts';
import { dispatch } from '../../../src/guest-agent/sessions/dispatch.ts';
import { BlanketError } from '../../../src/wire/errors.ts';
import { objectiveSchema } from '../../../src/wire/objective.ts';
import type { Operation } from '../../../src/wire/resources.ts';
import type { FakeHost } from '../../guest-agent/migrate/fake-engine.ts';
import { id as known, pair } from '../../guest-agent/migrate/pair.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';

export const traveller = known.guest;

/** Calls to a host, by `host method`; what it throws is what control gets, before or after the agent has done it. */
export type Hook = () => void | Promise<void>;
type Hooks = { before: Map<string, Hook>; after: Map<string, Hook> };
type Options = { signal?: AbortSignal; onProgress?: (value: unknown) => void };
type Progress = (value: unknown) => void;

export const away = (host: string) => new BlanketError('ssh.unreachable', `${host} does not answer.`);

function ask({ context }: FakeHost, method: string, params: unknown, options: Options): Promise<unknown> {
  const handlers = { ...migrateHandlers(context), ...guestHandlers(context), ...diskHandlers(context) };
  const call = {
    progress: (options.onProgress ?? (() => undefined)) as Progress,
    signal: options.signal ?? never,
  };
  return dispatch(handlers as never, method, params, call);
}

/** What the plan finds has tests of its own, and it touches nothing. */
export function flowOf(services: Services): Definition<MigrateState> {
  const flow = migrateFlow(services);
  const silent = { name: 'plan', do: async () => undefined };
  return { ...flow, phases: flow.phases.map((phase) => (phase.name === 'plan' ? silent : phase)) };
}

const never = new AbortController().signal;
const plenty = { memoryFree: 2 ** 40, diskFree: 2 ** 40, memoryTotal: 2 ** 40 };

/** The traveller runs on a1; b1 has its image. The copy ends by itself, or as its agent has it end. */
export async function twoHosts(t: ExecutionContext, { endsByItself = true } = {}) {
  const own = rig(t);
  const { source, destination, spec } = await pair();
  const fakes: Record<string, FakeHost> = { a1: source, b1: destination };
  const versions = { libvirt: '11.3.0', qemu: '10.0.3' };
  const hooks: Hooks = { before: new Map(), after: new Map() };
  const plain = own.services.agents;
  const answer = async (host: string, method: string, params: unknown, options: Options) => {
    const fake = fakes[host];
    if (method === 'image.list') return { images: [{ digest: spec.image, bytes: 1 }] };
    if (method === 'host.status')
      return { ...plenty, ...versions, guests: [], notices: [], warnings: [], machine: null };
    if (fake === undefined || !/^(migrate|guest|disk)\./.test(method))
      return plain.call(host, method as never, params as never);
    const answered = ask(fake, method, params, options);
    const ends = method === 'migrate.perform' ? endsByItself : method === 'migrate.recover-perform';
    if (ends) await endCopy(fake, answered);
    return answered;
  };
  const call = async (host: string, method: string, params: unknown, options: Options = {}) => {
    own.store.hosts.get(host);
    if (own.away.has(host)) throw away(host);
    await hooks.before.get(`${host} ${method}`)?.();
    options.signal?.throwIfAborted();
    const value = await answer(host, method, params, options);
    await hooks.after.get(`${host} ${method}`)?.();
    return value;
  };
  Object.assign(own.services, { agents: { ...plain, call } as unknown as Agents });
  own.operations.define(flowOf(own.services));
  own.store.guests.insert(
    guestRecord(traveller, 'a1', {
      uuid: spec.uuid,
      digest: spec.image,
      diskBytes: spec.diskBytes,
      state: 'running',
    }),
  );
  const states = () => ({
    a1: source.states.get(traveller) ?? 'absent',
    b1: destination.states.get(traveller) ?? 'absent',
  });
  return { ...own, hooks, versions, source, destination, states, migrate: () => begin(own.operations) };
}

/** As soon as it has begun, unless it never does. */
async function endCopy(fake: FakeHost, answered: Promise<unknown>): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  answered.then(end, end);
  while (!over && fake.copy === undefined) await new Promise((resolve) => setImmediate(resolve));
  fake.copy?.end();
  fake.copy = undefined;
}

const wish = {
  guest: traveller,
  source: 'a1',
  destination: 'b1',
  objective: objectiveSchema.parse({ maxDowntimeMs: 300 }),
};

const begin = (operations: Operations, change = {}): string =>
  operations.start('guest.migrate', `guest/${traveller}`, { ...wish, ...change }).id;

export async function ended(operations: Operations, id: string): Promise<Operation> {
  let operation = operations.show(id);
  while (operation.state === 'running') operation = await operations.wait(id, operation.version, 5_000);
  return operation;
}
