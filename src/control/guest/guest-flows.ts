/** A guest's life on one host: create, start, stop, remove. Migration has a folder of its own. */

import type { Problem } from '../../wire/errors.ts';
import type { GuestSpec } from '../../wire/guest-spec.ts';
import { syncNetwork } from '../network/sync.ts';
import type { Definition } from '../operations/operations.ts';
import type { Phase, PhaseContext } from '../run-phases.ts';
import type { Services } from '../services.ts';
import { ensureImage } from '../storage/ensure-image.ts';
import type { GuestRecord } from '../store/records.ts';

/** `warnings`: what a check found and let pass. */
export type GuestState = { guest: string; host: string; warnings?: Problem[] };
type Context = PhaseContext<GuestState>;

const START_TIMEOUT_MS = 180_000;

/** The part of a guest that the hosts need, the same on each. */
export const specOf = (guest: GuestRecord): GuestSpec => ({
  name: guest.name,
  uuid: guest.uuid,
  engine: guest.engine,
  vcpus: guest.vcpus,
  memoryMiB: guest.memoryMiB,
  image: guest.digest,
  diskBytes: guest.diskBytes,
  disks: guest.disks,
  nics: guest.nics.map(({ mac, network }) => ({ mac, network })),
  cpu: guest.cpu,
  metadata: guest.metadata,
});

const resultOf = ({ guest, host, warnings = [] }: GuestState): Record<string, unknown> => ({
  guest,
  host,
  ...(warnings.length > 0 && { warnings }),
});

export async function syncGuestNetworks(
  services: Services,
  guest: GuestRecord,
  host?: string,
): Promise<void> {
  for (const { network } of guest.nics) await syncNetwork(services, network, host);
}

/** Every phase of these flows can be repeated, so a restarted control goes on where it was. */
const flow = <S extends GuestState>(
  kind: Definition<S>['kind'],
  phases: readonly Phase<S>[],
  end: Definition<S>['end'],
): Definition<S> => ({ kind, phases, afterRestart: 'resume', undoneState: 'failed', ...(end && { end }) });

export function createGuestFlow(services: Services): Definition<GuestState & { start: boolean }> {
  const { store, agents } = services;
  const guestOf = ({ state }: Context) => store.guests.get(state.guest);
  return flow(
    'guest.create',
    [
      {
        name: 'image',
        do: (context) => ensureImage(services, context.state.host, guestOf(context).digest, context),
        // an image on a host is kept: other guests use it
      },
      {
        name: 'network',
        do: (context) => syncGuestNetworks(services, guestOf(context), context.state.host),
        // a lease that no guest uses does no harm, and goes with the next change
      },
      {
        name: 'define',
        do: async (context) => {
          const { lease } = guestOf(context);
          const spec = specOf(guestOf(context));
          await agents.call(context.state.host, 'guest.define', { ...spec, lease });
          // An agent from before there were several would have left the others out without a word.
          if (spec.disks.length > 0) await agents.call(context.state.host, 'disk.set', spec);
        },
        undo: ({ state }) => removeFrom(services, { ...state, force: true }),
      },
      {
        name: 'start',
        do: async ({ state }) => {
          if (state.start) await startGuest(services, state);
        },
        // undone by define's undo
      },
    ],
    (flowState, outcome) => {
      const { guest, start } = flowState;
      if (outcome.state === 'undone') store.guests.remove(guest);
      else
        store.guests.update(guest, {
          state: outcome.state === 'attention' ? 'attention' : start ? 'running' : 'stopped',
        });
      return resultOf(flowState);
    },
  );
}

async function startGuest({ store, agents }: Services, { host, guest: name }: GuestState): Promise<void> {
  const { lease } = store.guests.get(name);
  await agents.call(host, 'guest.start', { name, lease }, { timeoutMs: START_TIMEOUT_MS });
}

export function startGuestFlow(services: Services): Definition<GuestState> {
  const start: Phase<GuestState> = {
    name: 'start',
    do: ({ state }) => startGuest(services, state),
    // a guest that did not start is a stopped guest
  };
  return flow('guest.start', [start], (flowState, outcome) => {
    if (outcome.state === 'done') services.store.guests.update(flowState.guest, { state: 'running' });
    return resultOf(flowState);
  });
}

export type StopState = GuestState & { force: boolean; timeoutMs: number };

export function stopGuestFlow(services: Services): Definition<StopState> {
  const stop: Phase<StopState> = {
    name: 'stop',
    do: async ({ state: { host, guest: name, force, timeoutMs }, signal }) => {
      const options = { timeoutMs: timeoutMs + 60_000, signal };
      await services.agents.call(host, 'guest.stop', { name, force, timeoutMs }, options);
    },
    // a guest that has begun to shut down cannot be told otherwise
  };
  return flow('guest.stop', [stop], ({ guest, host }, outcome) => {
    if (outcome.state === 'done') services.store.guests.update(guest, { state: 'stopped' });
    return { guest, host };
  });
}

/** Where the host is gone, the guest is gone with it. */
async function removeFrom(
  { store, agents }: Services,
  { host, guest: name, force }: GuestState & { force: boolean },
): Promise<void> {
  if (force && store.hosts.find(host) === undefined) return;
  await agents.call(host, 'guest.remove', { name, force, lease: store.guests.find(name)?.lease });
}

export function removeGuestFlow(services: Services): Definition<GuestState & { force: boolean }> {
  const { store } = services;
  const remove: Phase<GuestState & { force: boolean }> = {
    name: 'remove',
    do: ({ state }) => removeFrom(services, state),
  };
  const forget: Phase<GuestState & { force: boolean }> = {
    name: 'forget',
    do: async ({ state }) => {
      const guest = store.guests.find(state.guest);
      store.guests.remove(state.guest);
      if (guest) await syncGuestNetworks(services, guest);
    },
  };
  return flow('guest.remove', [remove, forget], ({ guest, host }) => ({ guest, host }));
}
