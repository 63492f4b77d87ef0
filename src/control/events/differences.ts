/** What is new in a record, field by field. */
import { isDeepStrictEqual } from 'node:util';

/** The fields of `after` that `before` has not, or has otherwise. */
export function differences<T extends object>(before: T | undefined, after: T): Partial<T> {
  const fields = Object.entries(after).filter(
    ([field, value]) => before === undefined || !isDeepStrictEqual(value, before[field as keyof T]),
  );
  return Object.fromEntries(fields) as Partial<T>;
}
