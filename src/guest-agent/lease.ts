/**
 * The highest lease that this host has heard of each guest, kept also when the guest is gone from here, so that a late call
 * finds it. Nothing is heard of a guest before its turn: whoever asks must be the only one who works on it.
 */
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { BlanketError } from '../wire/errors.ts';
import { leaseSchema } from '../wire/lease.ts';
import type { Context } from './context.ts';
import { specOf } from './guests.ts';
import { readState, writePrivateState } from './state-file.ts';

const heardSchema = z.object({ lease: leaseSchema });

export type Carried = { guest: string; lease?: number | undefined };

const heard = async ({ paths }: Pick<Context, 'paths'>, guest: string): Promise<number> =>
  (await readState(paths.lease(guest), heardSchema))?.lease ?? 0;

/** @throws BlanketError `guest.fenced` for an older lease than the one heard; nothing was changed then. */
export async function refuseOlder(context: Pick<Context, 'paths'>, { guest, lease }: Carried): Promise<void> {
  if (lease === undefined) return;
  const newest = await heard(context, guest);
  if (lease >= newest) return;
  const message = `It was decided anew where ${guest} lives (lease ${newest}); this call still has lease ${lease}.`;
  throw new BlanketError('guest.fenced', message, {
    kind: 'conflict',
    next: `The call came late and did nothing. \`blanket guest show ${guest}\` tells where it lives.`,
    data: { guest, lease, newest },
  });
}

/** Resolves once the lease is on the disk. Safe to repeat. */
export async function hear({ paths }: Pick<Context, 'paths'>, { guest, lease }: Carried): Promise<void> {
  if (lease === undefined || lease <= (await heard({ paths }, guest))) return;
  await mkdir(paths.leases, { recursive: true, mode: 0o700 });
  await writePrivateState(paths.lease(guest), { lease });
}

/** Both: what comes later with an older lease is refused from here on. @throws BlanketError `guest.fenced` */
export async function fence(context: Pick<Context, 'paths'>, carried: Carried): Promise<void> {
  await refuseOlder(context, carried);
  await hear(context, carried);
}

/** Of guests of which nothing is here nothing is kept. */
export async function hearOfKnown(context: Pick<Context, 'paths'>, carried: Carried): Promise<void> {
  const known =
    (await heard(context, carried.guest)) > 0 || (await specOf(context, carried.guest)) !== undefined;
  if (known) await hear(context, carried);
}
