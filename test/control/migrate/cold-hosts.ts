/** Control's real migration over the real agent code of two hosts with real disks; the traveller goes cold. */
import type { ExecutionContext } from 'ava';
import type { Agents } from '../../../src/control/agents/agents.ts';
import { coldHandlers } from '../../../src/guest-agent/methods/cold.ts';
import { diskHandlers } from '../../../src/guest-agent/methods/disk.ts';
import { guestHandlers } from '../../../src/guest-agent/methods/guest.ts';
import { migrateHandlers } from '../../../src/guest-agent/methods/migrate.ts';
import { dispatch } from '../../../src/guest-agent/sessions/dispatch.ts';
import { objectiveSchema } from '../../../src/wire/objective.ts';
import { id as known, pair } from '../../guest-agent/cold/two-hosts.ts';
import type { FakeHost } from '../../guest-agent/migrate/fake-engine.ts';
import { guestRecord } from '../fleet/rig.ts';
import { rig } from '../network/rig.ts';
import { flowOf, type Hook } from './two-hosts.ts';

export const traveller = known.guest;

type Options = { signal?: AbortSignal; onProgress?: (value: unknown) => void };
type Told = { host: string; method: string; lease: unknown };

const never = new AbortController().signal;

function ask({ context }: FakeHost, method: string, params: unknown, options: Options): Promise<unknown> {
  const own = { ...coldHandlers(context), ...migrateHandlers(context) };
  const handlers = { ...own, ...guestHandlers(context), ...diskHandlers(context) };
  const call = { progress: options.onProgress ?? (() => undefined), signal: options.signal ?? never };
  return dispatch(handlers as never, method, params, call as never);
}

/** The traveller is on a1; b1 has its image. `hooks`, by `host method`, run before the agent hears the call. */
export async function coldHosts(t: ExecutionContext, wasRunning = true) {
  const own = rig(t);
  const { source, destination, spec } = await pair();
  const fakes: Record<string, FakeHost> = { a1: source, b1: destination };
  if (wasRunning) source.states.set(traveller, 'running');
  const hooks = new Map<string, Hook>();
  const calls: Told[] = [];
  const plain = own.services.agents;
  const call = async (host: string, method: string, params: { lease?: number }, options: Options = {}) => {
    own.store.hosts.get(host);
    await hooks.get(`${host} ${method}`)?.();
    if (method === 'image.list') return { images: [{ digest: spec.image, bytes: 1 }] };
    const fake = fakes[host];
    if (fake === undefined || !/^(cold|migrate|guest|disk)\./.test(method))
      return plain.call(host, method as never, params as never);
    calls.push({ host, method, lease: params.lease });
    return ask(fake, method, params, options);
  };
  Object.assign(own.services, { agents: { ...plain, call } as unknown as Agents });
  own.operations.define(flowOf(own.services));
  const { uuid, image: digest, diskBytes } = spec;
  const state = wasRunning ? 'running' : 'stopped';
  own.store.guests.insert(guestRecord(traveller, 'a1', { uuid, digest, diskBytes, state }));
  const objective = objectiveSchema.parse({ mode: 'cold' });
  const wish = { guest: traveller, source: 'a1', destination: 'b1', objective, cold: { wasRunning } };
  const migrate = () => own.operations.start('guest.migrate', `guest/${traveller}`, wish).id;
  const states = () => ({
    a1: source.states.get(traveller) ?? 'absent',
    b1: destination.states.get(traveller) ?? 'absent',
  });
  return { ...own, hooks, calls, source, destination, states, migrate };
}
