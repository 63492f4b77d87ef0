/** Rows as a caller wants them: see `wire/listing.ts`. */
import { BlanketError } from '../../wire/errors.ts';
import type { Condition } from '../../wire/listing.ts';

export type Listing = {
  filter?: readonly Condition[] | undefined;
  sort?: string | undefined;
  limit?: number | undefined;
  after?: string | undefined;
};

type Row = Record<string, unknown>;

/** What is not there has no text, so that `engine=` finds a host without one. */
const textOf = (row: Row, field: string): string => String(row[field] ?? '');

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [one, other] = [String(a ?? ''), String(b ?? '')];
  return one < other ? -1 : one > other ? 1 : 0;
}

/**
 * Rows that are equal keep their order. `after` need not pass the filter, for it may have changed since the page before.
 * @param key names a row
 * @throws BlanketError `api.no-such-row` when `after` is gone: nobody could say where the next page begins.
 */
export function listed<T extends Row>(rows: readonly T[], key: keyof T & string, wish: Listing): T[] {
  const { filter = [], sort, limit, after } = wish;
  const sorted = sort === undefined ? [...rows] : inOrder(rows, sort);
  const from = after === undefined ? 0 : placeAfter(sorted, key, after);
  const wanted = sorted
    .slice(from)
    .filter((row) => filter.every(({ field, equal, value }) => (textOf(row, field) === value) === equal));
  return wanted.slice(0, limit);
}

function inOrder<T extends Row>(rows: readonly T[], sort: string): T[] {
  const field = sort.replace(/^-/, '');
  const sign = sort.startsWith('-') ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(a[field], b[field]));
}

function placeAfter<T extends Row>(rows: readonly T[], key: keyof T & string, after: string): number {
  const place = rows.findIndex((row) => row[key] === after);
  if (place !== -1) return place + 1;
  throw new BlanketError('api.no-such-row', `There is no ${after} in the list any more.`, {
    kind: 'conflict',
    next: 'Begin with the first page again.',
    data: { after },
  });
}
