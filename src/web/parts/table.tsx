/** A list as a table, which a narrow screen shows as cards: each cell then says its column. */
import type { ComponentChildren } from 'preact';

export type Column<T> = { title: string; cell: (row: T) => ComponentChildren; number?: true };

type Props<T> = { label: string; rows: readonly T[]; columns: readonly Column<T>[]; keyOf: (row: T) => string };

export function Table<T>({ label, rows, columns, keyOf }: Props<T>) {
  return (
    <table aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ title, number }) => (
            <th key={title} scope="col" class={number ? 'number' : undefined}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ title, cell, number }) => (
              <td key={title} data-title={title} class={number ? 'number' : undefined}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
