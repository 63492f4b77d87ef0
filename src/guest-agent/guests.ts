/** What each guest on this host is: its spec, kept beside its disk, and the engine that runs it. */
import { mkdir } from 'node:fs/promises';
import { BlanketError } from '../wire/errors.ts';
import { type GuestSpec, guestSpecSchema } from '../wire/guest-spec.ts';
import type { Context } from './context.ts';
import { removeDisks } from './disks.ts';
import type { Engine } from './engines/engine.ts';
import { readState, readStates, removeState, writePrivateState } from './state-file.ts';

export const specOf = ({ paths }: Pick<Context, 'paths'>, guest: string): Promise<GuestSpec | undefined> =>
  readState(paths.guest(guest), guestSpecSchema);

export const allSpecs = ({ paths }: Context): Promise<GuestSpec[]> =>
  readStates(paths.guests, guestSpecSchema);

export async function keepSpec({ paths }: Context, spec: GuestSpec): Promise<void> {
  await mkdir(paths.guests, { recursive: true, mode: 0o700 });
  await writePrivateState(paths.guest(spec.name), spec);
}

/** Guests of which this host has no spec are looked for in the engine that every host has. */
export const engineOf = async (context: Context, guest: string): Promise<Engine> =>
  context.engine((await specOf(context, guest))?.engine ?? 'kvm');

/** @throws BlanketError `guest.not-found` */
export async function needGuest(
  context: Context,
  guest: string,
): Promise<{ spec: GuestSpec; engine: Engine }> {
  const spec = await specOf(context, guest);
  if (spec !== undefined) return { spec, engine: context.engine(spec.engine) };
  throw new BlanketError('guest.not-found', `There is no guest ${guest} on this host.`, {
    kind: 'not-found',
  });
}

/** virtlogd's default is three old files beside the current one (virtlogd.conf, max_backups). */
const consoleLogs = ['', '.0', '.1', '.2'];

/** Ends the guest's existence on this host: process, definition, disks, console, spec. What is gone already is fine. */
export async function eraseGuest(context: Context, guest: string): Promise<void> {
  const engine = await engineOf(context, guest);
  await engine.destroy(guest);
  await engine.undefine(guest);
  await removeDisks(context.paths, guest);
  for (const suffix of consoleLogs) await removeState(`${context.paths.consoleLog(guest)}${suffix}`);
  await removeState(context.paths.guest(guest));
}
