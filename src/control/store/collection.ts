/** A table of JSON documents by name, checked with their schema when they are read. */
import type { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';
import { BlanketError } from '../../wire/errors.ts';
import type { Write } from './changes.ts';

export type Collection<T extends { name: string }> = {
  list(): T[];
  /** In the order in which they were inserted, without reading what belongs to them. */
  names(): string[];
  /** Those whose fields have these texts; no other is read, however many there are. */
  where(match: { [K in keyof T]?: T[K] & string }): T[];
  find(name: string): T | undefined;
  /** @throws BlanketError `<noun>.not-found` */
  get(name: string): T;
  /** @throws BlanketError `<noun>.exists` */
  insert(record: T): void;
  /** Changes the named fields. @throws BlanketError `<noun>.not-found` */
  update(name: string, change: Partial<Omit<T, 'name'>>): T;
  remove(name: string): void;
};

export function collection<T extends { name: string }>(
  db: DatabaseSync,
  noun: string,
  schema: z.ZodType<T>,
  writing: Write<T>,
): Collection<T> {
  const all = db.prepare(`SELECT doc FROM ${noun} ORDER BY rowid`);
  const names = db.prepare(`SELECT name FROM ${noun} ORDER BY rowid`);
  const one = db.prepare(`SELECT doc FROM ${noun} WHERE name = ?`);
  const add = db.prepare(`INSERT INTO ${noun} (name, doc) VALUES (?, ?) ON CONFLICT DO NOTHING`);
  const put = db.prepare(`UPDATE ${noun} SET doc = ? WHERE name = ?`);
  const drop = db.prepare(`DELETE FROM ${noun} WHERE name = ?`);
  const read = (row: Record<string, unknown>): T => schema.parse(JSON.parse(String(row.doc)));

  const find = (name: string): T | undefined => {
    const row = one.get(name);
    return row === undefined ? undefined : read(row);
  };
  const get = (name: string): T => {
    const found = find(name);
    if (found !== undefined) return found;
    throw new BlanketError(`${noun}.not-found`, `There is no ${noun} named ${name}.`, {
      kind: 'not-found',
      next: `See \`blanket ${noun === 'operation' ? 'op' : noun} list\`.`,
      data: { [noun]: name },
    });
  };
  return {
    list: () => all.all().map(read),
    names: () => names.all().map(({ name }) => String(name)),
    where(match) {
      const wanted = Object.entries(match).map(([field, text]) => [`$.${field}`, String(text)]);
      const tests = wanted.map(() => 'json_extract(doc, ?) = ?').join(' AND ');
      const rows = db.prepare(`SELECT doc FROM ${noun} WHERE ${tests} ORDER BY rowid`).all(...wanted.flat());
      return rows.map(read);
    },
    find,
    get,
    insert(record) {
      writing(undefined, record, () => {
        if (add.run(record.name, JSON.stringify(record)).changes === 1) return;
        throw new BlanketError(`${noun}.exists`, `There is a ${noun} named ${record.name} already.`, {
          kind: 'conflict',
          next: 'Choose another name, or remove that one first.',
          data: { [noun]: record.name },
        });
      });
    },
    update(name, change) {
      const before = get(name);
      const record = { ...before, ...change };
      writing(before, record, () => put.run(JSON.stringify(record), name));
      return record;
    },
    remove(name) {
      const before = find(name);
      if (before !== undefined) writing(before, undefined, () => drop.run(name));
    },
  };
}
