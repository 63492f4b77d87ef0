/**
 * All records of a folder. One that cannot be read (a damaged disk, a newer agent's) speaks of one guest: the others are
 * not kept from anything by it. When it does not even tell its guest, only guests that stand still here may be its own.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';
import { nameSchema } from '../../wire/names.ts';
import { readState, statesIn } from '../state-file.ts';

export type Unreadable = {
  /** As far as the record still tells. */
  guest: string | undefined;
  error: BlanketError;
};

const owned = z.object({ guest: nameSchema });

async function guestOf(path: string): Promise<string | undefined> {
  try {
    return owned.parse(JSON.parse(await readFile(path, 'utf8'))).guest;
  } catch {
    return undefined; // that it is unreadable is told by the caller
  }
}

async function unreadableAt(path: string, cause: unknown): Promise<Unreadable> {
  const guest = await guestOf(path);
  const message = `What a migration did to ${guest ?? 'a guest'} on this host cannot be read from ${path}.`;
  const error = new BlanketError('migrate.unreadable', message, {
    kind: 'attention',
    next: 'Find out on which host the guest lives (`blanket op list`), then move that file away.',
    data: { path, ...(guest !== undefined && { guest }) },
    cause,
  });
  return { guest, error };
}

export async function readRecords<S extends z.ZodType>(
  folder: string,
  schema: S,
): Promise<{ records: z.output<S>[]; unreadable: Unreadable[] }> {
  const records: z.output<S>[] = [];
  const unreadable: Unreadable[] = [];
  for (const path of await statesIn(folder)) {
    try {
      const record = await readState(path, schema);
      if (record !== undefined) records.push(record);
    } catch (error) {
      unreadable.push(await unreadableAt(path, error));
    }
  }
  return { records, unreadable };
}
