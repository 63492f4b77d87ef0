/** The one place where state changes: each is announced inside the transaction that makes it, so that what is told of it is kept or undone with it. */
import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import type * as r from './records.ts';

export type Records = {
  cloud: r.CloudRecord;
  host: r.HostRecord;
  image: r.ImageRecord;
  network: r.NetworkRecord;
  guest: r.GuestRecord;
  setting: r.SettingRecord;
  operation: r.OperationRecord;
  conformance: z.infer<typeof r.conformanceRecordSchema>;
  migration: z.infer<typeof r.migrationRecordSchema>;
  token: r.TokenRecord;
};
export type Noun = keyof Records;

/** Without `before` the record is new, without `after` it is gone. */
export type Change = {
  [N in Noun]: { noun: N; before: Records[N] | undefined; after: Records[N] | undefined };
}[Noun];

export type ChangeListener = {
  /** In the transaction: it may write there too. */
  changed(change: Change): void;
  /** All that was announced since the last end is kept, or none of it. */
  ended(outcome: 'kept' | 'undone'): void;
};

/** How a collection writes. */
export type Write<T> = (before: T | undefined, after: T | undefined, write: () => void) => void;

export class Changes {
  readonly #db: DatabaseSync;
  #open = false;
  #listener: ChangeListener | undefined;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  listen(listener: ChangeListener): void {
    this.#listener = listener;
  }

  /** All of `change` or nothing of it; inside another it is part of that one. */
  transaction<T>(change: () => T): T {
    if (this.#open) return change();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#open = true;
    let value: T;
    try {
      value = change();
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#open = false;
      this.#listener?.ended('undone');
      this.#db.exec('ROLLBACK');
      throw error;
    }
    this.#open = false;
    this.#listener?.ended('kept');
    return value;
  }

  writing<N extends Noun>(noun: N): Write<Records[N]> {
    return (before, after, write) =>
      this.transaction(() => {
        write();
        this.#listener?.changed({ noun, before, after } as Change);
      });
  }
}
