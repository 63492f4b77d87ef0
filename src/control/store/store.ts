/**
 * The durable state: one SQLite file, opened by one control at a time. The exclusive lock on the file is what
 * keeps a second control from starting on the same state; it ends with the process, however that ends.
 */
import { DatabaseSync } from 'node:sqlite';
import { BlanketError } from '../../wire/errors.ts';
import { collection } from './collection.ts';
import {
  cloudRecordSchema,
  conformanceRecordSchema,
  guestRecordSchema,
  hostRecordSchema,
  imageRecordSchema,
  memberRecordSchema,
  migrationRecordSchema,
  networkRecordSchema,
  operationRecordSchema,
  settingRecordSchema,
  tokenRecordSchema,
} from './records.ts';

/** Each entry brings the schema from its index to the next version; entries are never changed, only added. */
const migrations = [
  ['cloud', 'host', 'image', 'network', 'guest', 'operation']
    .map((noun) => `CREATE TABLE ${noun} (name TEXT PRIMARY KEY, doc TEXT NOT NULL CHECK (json_valid(doc)));`)
    .join('\n'),
  'CREATE TABLE setting (name TEXT PRIMARY KEY, doc TEXT NOT NULL CHECK (json_valid(doc)));',
  'CREATE TABLE conformance (name TEXT PRIMARY KEY, doc TEXT NOT NULL CHECK (json_valid(doc)));',
  'CREATE TABLE migration (name TEXT PRIMARY KEY, doc TEXT NOT NULL CHECK (json_valid(doc)));',
  'CREATE TABLE token (name TEXT PRIMARY KEY, doc TEXT NOT NULL CHECK (json_valid(doc)));',
  'CREATE TABLE member (name TEXT PRIMARY KEY, doc TEXT NOT NULL CHECK (json_valid(doc)));',
];

/**
 * @throws BlanketError `store.locked` when another control has it open, `store.newer` when a later Blanket
 *   wrote it.
 */
export function openStore(path: string) {
  const db = openLocked(path);
  migrate(db, path);
  return {
    clouds: collection(db, 'cloud', cloudRecordSchema),
    hosts: collection(db, 'host', hostRecordSchema),
    images: collection(db, 'image', imageRecordSchema),
    networks: collection(db, 'network', networkRecordSchema),
    guests: collection(db, 'guest', guestRecordSchema),
    settings: collection(db, 'setting', settingRecordSchema),
    operations: collection(db, 'operation', operationRecordSchema),
    conformance: collection(db, 'conformance', conformanceRecordSchema),
    tokens: collection(db, 'token', tokenRecordSchema),
    members: collection(db, 'member', memberRecordSchema),
    migrations: collection(db, 'migration', migrationRecordSchema),
    /** All of `change` or nothing of it. */
    transaction<T>(change: () => T): T {
      db.exec('BEGIN IMMEDIATE');
      try {
        const value = change();
        db.exec('COMMIT');
        return value;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => db.close(),
  };
}
export type Store = ReturnType<typeof openStore>;

function openLocked(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec('BEGIN EXCLUSIVE; COMMIT;');
    return db;
  } catch (cause) {
    db.close();
    throw new BlanketError('store.locked', `Another control has ${path} open.`, {
      kind: 'conflict',
      next: 'Use that one (`blanket status`), or end it with `blanket stop`.',
      cause,
    });
  }
}

function migrate(db: DatabaseSync, path: string): void {
  const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (version > migrations.length) {
    throw new BlanketError('store.newer', `${path} was written by a later Blanket (version ${version}).`, {
      next: `This one knows versions up to ${migrations.length}: upgrade it.`,
    });
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    db.exec(`BEGIN; ${sql} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}
