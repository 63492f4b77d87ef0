/** Events as they are kept, by id; the texts are what watchers are sent. */
import type { DatabaseSync } from 'node:sqlite';

export type EventRow = { id: number; doc: string };

export type EventTable = {
  /** In the order of ids. */
  all(): EventRow[];
  append(row: EventRow): void;
  /** Removes this one and all before it. */
  drop(id: number): void;
};

export function eventTable(db: DatabaseSync): EventTable {
  const all = db.prepare('SELECT id, doc FROM event ORDER BY id');
  const add = db.prepare('INSERT INTO event (id, doc) VALUES (?, ?)');
  const drop = db.prepare('DELETE FROM event WHERE id <= ?');
  return {
    all: () => all.all().map(({ id, doc }) => ({ id: Number(id), doc: String(doc) })),
    append: ({ id, doc }) => void add.run(id, doc),
    drop: (id) => void drop.run(id),
  };
}
