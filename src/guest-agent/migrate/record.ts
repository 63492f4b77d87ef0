/**
 * What has happened on this host of each migration, on disk, so that an agent that was restarted can say what it did
 * and need not guess. It is there before anyone is told, but for `performed`: the guest stands still then, and a
 * record that still says `begun` while the guest is paused is understood alike.
 *
 *   source:       none -> begun -> performed -> confirmed    in post-copy: begun -> switched -> confirmed
 *   destination:  none -> prepared -> finished               in post-copy: prepared -> switched -> finished
 *
 * A record is closed once nothing more can happen here in its name.
 */
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';
import { guestSpecSchema } from '../../wire/guest-spec.ts';
import { migrationSteps } from '../../wire/migration.ts';
import { nameSchema } from '../../wire/names.ts';
import type { Context } from '../context.ts';
import { serially } from '../serially.ts';
import { readState, removeState, writePrivateState } from '../state-file.ts';
import { readRecords } from './records.ts';

/** An operation's id is a file name here. */
const operationSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'must be 1 to 100 letters, digits, dots, _ and -');

export const recordSchema = z.object({
  operation: operationSchema,
  guest: nameSchema,
  side: z.enum(['source', 'destination']),
  step: z.enum(migrationSteps),
  /** The migration is not to happen any more. */
  cancelled: z.boolean(),
  closed: z.boolean(),
  /** The guest goes while it is stopped. */
  cold: z.boolean().default(false),
  /** What is being sent (older agents kept none there) or made here. */
  spec: guestSpecSchema.optional(),
  /** What each call that succeeded gave, by method, so that a repeated call is answered and not done again. */
  results: z.record(z.string(), z.unknown()),
  /** ms since 1970. */
  changedAt: z.number(),
});
export type MigrationRecord = z.infer<typeof recordSchema>;

export type MigrationId = { operation: string; guest: string; lease?: number | undefined };

/** A begin or prepare that arrives when its migration has been undone. @throws BlanketError `migrate.over` */
export function refuseOver(record: MigrationRecord | undefined): void {
  if (record?.closed !== true) return;
  const { guest, operation } = record;
  throw new BlanketError(
    'migrate.over',
    `The migration of ${guest} by operation ${operation} has ended here.`,
    {
      kind: 'conflict',
      next: 'Start a new migration.',
      data: { guest, operation },
    },
  );
}

const keptMs = 7 * 24 * 60 * 60 * 1000;

export function newRecord({ operation, guest }: MigrationId, side: MigrationRecord['side']): MigrationRecord {
  return {
    operation,
    guest,
    side,
    step: 'none',
    cancelled: false,
    closed: false,
    cold: false,
    results: {},
    changedAt: Date.now(),
  };
}

/** @throws BlanketError `agent.bad-params` for an operation that is no file name, or belongs to another guest. */
export async function readRecord(
  { paths }: Context,
  { operation, guest }: MigrationId,
): Promise<MigrationRecord | undefined> {
  const id = operationSchema.safeParse(operation);
  if (!id.success) {
    throw new BlanketError('agent.bad-params', `operation: ${z.prettifyError(id.error)}`, { kind: 'usage' });
  }
  const read = () => readState(paths.migration(operation), recordSchema);
  const record = await serially(`record ${operation}`, read);
  if (record === undefined || record.guest === guest) return record;
  throw new BlanketError(
    'agent.bad-params',
    `Operation ${operation} migrates ${record.guest}, not ${guest}.`,
    {
      kind: 'usage',
    },
  );
}

/** Writes the record with these changes; resolves once it is on the disk. */
export function keepRecord(
  { paths }: Context,
  record: MigrationRecord,
  changes: Partial<MigrationRecord> = {},
): Promise<MigrationRecord> {
  const next = { ...record, ...changes, changedAt: Date.now() };
  return serially(`record ${record.operation}`, async () => {
    await mkdir(paths.migrations, { recursive: true, mode: 0o700 });
    await writePrivateState(paths.migration(record.operation), next);
    return next;
  });
}

/** @throws BlanketError `migrate.unreadable` when what happened to this guest cannot be read. */
export async function openRecords({ paths }: Context, guest: string): Promise<MigrationRecord[]> {
  const { records, unreadable } = await readRecords(paths.migrations, recordSchema);
  const own = unreadable.find((one) => one.guest === guest);
  if (own !== undefined) throw own.error;
  return records.filter((record) => record.guest === guest && !record.closed);
}

export const unreadableRecords = async ({ paths }: Context): Promise<BlanketError[]> =>
  (await readRecords(paths.migrations, recordSchema)).unreadable.map(({ error }) => error);

/** A guest that stands still may be one that went elsewhere. @throws BlanketError `migrate.unreadable` */
export async function refuseUnknown({ paths }: Context): Promise<void> {
  const { unreadable } = await readRecords(paths.migrations, recordSchema);
  const any = unreadable.find(({ guest }) => guest === undefined);
  if (any !== undefined) throw any.error;
}

/** Forgets what was closed a week ago. */
export async function pruneRecords({ paths }: Context): Promise<void> {
  const { records } = await readRecords(paths.migrations, recordSchema);
  for (const record of records) {
    const old = record.closed && Date.now() - record.changedAt > keptMs;
    if (old) await removeState(paths.migration(record.operation));
  }
}
