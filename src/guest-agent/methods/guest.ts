/** A guest's life on this host. */
import { isDeepStrictEqual } from 'node:util';
import type { AgentParsed } from '../../wire/agent.ts';
import { BlanketError } from '../../wire/errors.ts';
import type { Context } from '../context.ts';
import { allocatedBytes, makeDisks, removeDisks } from '../disks.ts';
import type { Engine } from '../engines/engine.ts';
import { evict } from '../evict.ts';
import { engineOf, eraseGuest, keepSpec, needGuest, specOf } from '../guests.ts';
import type { HandlersOf } from '../handlers.ts';
import { fence, hear, hearOfKnown, refuseOlder } from '../lease.ts';
import { refuseWhileMigrating } from '../migrate/admission.ts';
import { refuseUnknown } from '../migrate/record.ts';
import { requireNetwork } from '../network.ts';
import { serially } from '../serially.ts';
import { removeState } from '../state-file.ts';

const pollMs = 500;

const inTurn = <T>(guest: string, work: () => Promise<T>): Promise<T> => serially(`guest ${guest}`, work);

/** @throws BlanketError `guest.exists`, `network.missing`, and those of `makeDisks`; nothing stays behind. */
async function define(context: Context, { lease, ...spec }: AgentParsed<'guest.define'>): Promise<void> {
  await fence(context, { guest: spec.name, lease });
  const engine = context.engine(spec.engine);
  const known = await specOf(context, spec.name);
  const state = await engine.state(spec.name);
  if (known !== undefined && state !== 'absent') {
    if (isDeepStrictEqual(known, spec)) return;
    throw new BlanketError('guest.exists', `This host already has another guest ${spec.name}.`, {
      kind: 'conflict',
    });
  }
  for (const { network } of spec.nics) await requireNetwork(context.paths, network);
  try {
    await makeDisks(context.paths, spec);
    await keepSpec(context, spec);
    await engine.define(spec);
  } catch (error) {
    if (state === 'absent') {
      await removeDisks(context.paths, spec.name);
      await removeState(context.paths.guest(spec.name));
    }
    throw error;
  }
}

async function start(context: Context, { name: guest, lease }: AgentParsed<'guest.start'>): Promise<void> {
  await fence(context, { guest, lease });
  const { engine } = await needGuest(context, guest);
  await refuseWhileMigrating(context, engine, guest);
  const state = await engine.state(guest);
  if (state === 'running') return;
  if (state === 'paused') await refuseUnknown(context);
  await (state === 'paused' ? engine.resume(guest) : engine.start(guest));
}

async function isDown(engine: Engine, guest: string, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const state = await engine.state(guest);
    if (state === 'stopped' || state === 'absent') return true;
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

type Stop = { name: string; force: boolean; timeoutMs: number };

/** Asks first; `force` ends the guest once the time is over. @throws BlanketError `guest.still-running` */
async function stop(context: Context, { name, force, timeoutMs }: Stop): Promise<void> {
  const { engine } = await needGuest(context, name);
  await refuseWhileMigrating(context, engine, name);
  if (await isDown(engine, name, 0)) return;
  if (timeoutMs > 0) await engine.shutdown(name);
  if (await isDown(engine, name, timeoutMs)) return;
  if (force) return engine.destroy(name);
  throw new BlanketError('guest.still-running', `${name} did not shut down within ${timeoutMs} ms.`, {
    kind: 'timed-out',
    next: 'Give it more time, or stop it by force.',
  });
}

/** The lease is written last: on a full disk only the removal makes room for it. */
async function remove(
  context: Context,
  { name: guest, force, lease }: AgentParsed<'guest.remove'>,
): Promise<void> {
  await refuseOlder(context, { guest, lease });
  const engine = await engineOf(context, guest);
  await refuseWhileMigrating(context, engine, guest);
  const state = await engine.state(guest);
  if (!force && state !== 'stopped' && state !== 'absent') {
    throw new BlanketError('guest.running', `${guest} is ${state}, so it is not removed.`, {
      kind: 'conflict',
      next: 'Stop it first.',
    });
  }
  await eraseGuest(context, guest);
  await hear(context, { guest, lease });
}

async function view(context: Context, name: string) {
  const state = await (await engineOf(context, name)).state(name);
  const allocated = await allocatedBytes(context.paths, name);
  const uuid = (await specOf(context, name))?.uuid ?? '';
  return { name, uuid, state, disk: allocated !== undefined, diskAllocated: allocated ?? 0 };
}

export const guestHandlers = (context: Context): HandlersOf<'guest'> => ({
  'guest.define': async (spec) => {
    await inTurn(spec.name, () => define(context, spec));
    return {};
  },
  'guest.start': async (params) => {
    await inTurn(params.name, () => start(context, params));
    return {};
  },
  'guest.stop': async (params) => {
    await inTurn(params.name, () => stop(context, params));
    return {};
  },
  'guest.remove': async (params) => {
    await inTurn(params.name, () => remove(context, params));
    return {};
  },
  'guest.leases': async ({ guests }) => {
    for (const { name, lease } of guests) {
      await inTurn(name, () => hearOfKnown(context, { guest: name, lease }));
    }
    return {};
  },
  'guest.evict': async (params) => ({ ended: await inTurn(params.name, () => evict(context, params)) }),
  'guest.view': ({ name }) => view(context, name),
});
