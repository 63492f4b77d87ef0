/** Aligned columns and aligned fields, plain text. */

export type Column<T> = { title: string; value: (row: T) => string; align?: 'right' };
/** A line of a single thing; `null` leaves it out. */
export type Field = readonly [label: string, value: string | null];

/** Ends with a newline. Empty cells show `-`, so that columns can be cut by scripts that insist. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = rows.map((row) => columns.map((column) => column.value(row) || '-'));
  const lines = [columns.map((column) => column.title), ...cells];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines.map((line) => `${align(line, columns, widths)}\n`).join('');
}

function align<T>(line: readonly string[], columns: readonly Column<T>[], widths: readonly number[]): string {
  const padded = line.map((cell, index) =>
    columns[index]?.align === 'right' ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
  );
  return padded.join('  ').trimEnd();
}

/** Ends with a newline. */
export function fieldLines(fields: readonly Field[]): string {
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== null);
  const width = Math.max(0, ...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${`${label}:`.padEnd(width + 2)}${value}\n`).join('');
}
