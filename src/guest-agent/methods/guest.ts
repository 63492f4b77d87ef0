/** A guest's life on this host. */
import { isDeepStrictEqual } from 'node:util';
import { BlanketError } from '../../wire/errors.ts';
import type { GuestSpec } from '../../wire/guest-spec.ts';
import type { Context } from '../context.ts';
import { allocatedBytes, makeDisks, removeDisks } from '../disks.ts';
import type { Engine } from '../engines/engine.ts';
import { engineOf, eraseGuest, keepSpec, needGuest, specOf } from '../guests.ts';
import type { HandlersOf } from '../handlers.ts';
import { refuseWhileMigrating } from '../migrate/admission.ts';
import { refuseUnknown } from '../migrate/record.ts';
import { requireNetwork } from '../network.ts';
import { serially } from '../serially.ts';
import { removeState } from '../state-file.ts';

const pollMs = 500;

const inTurn = <T>(guest: string, work: () => Promise<T>): Promise<T> => serially(`guest ${guest}`, work);

/** @throws BlanketError `guest.exists`, `network.missing`, and those of `makeDisks`; nothing stays behind. */
async function define(context: Context, spec: GuestSpec): Promise<void> {
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

async function start(context: Context, guest: string): Promise<void> {
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

async function remove(context: Context, guest: string, force: boolean): Promise<void> {
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
  'guest.start': async ({ name }) => {
    await inTurn(name, () => start(context, name));
    return {};
  },
  'guest.stop': async (params) => {
    await inTurn(params.name, () => stop(context, params));
    return {};
  },
  'guest.remove': async ({ name, force }) => {
    await inTurn(name, () => remove(context, name, force));
    return {};
  },
  'guest.view': ({ name }) => view(context, name),
});
