/** Records as rows of text under a head. */
export type Column<T> = { title: string; value(record: T): string };

export const formatGrid = <T>(records: readonly T[], columns: readonly Column<T>[]): string[][] => [
  columns.map(({ title }) => title),
  ...records.map((record) => columns.map(({ value }) => value(record))),
];
