/** The three output formats: tables for people, JSON and YAML for programs, from the same value. */
import { stringify } from 'yaml';
import { type Column, type Field, fieldLines, table } from './table.ts';

export const formats = ['table', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

/** Keys keep the contract's order, so two runs differ only where the data does. */
export function data(format: 'json' | 'yaml', value: unknown): string {
  return format === 'json' ? `${JSON.stringify(value, undefined, 2)}\n` : stringify(value, { lineWidth: 0 });
}

export const list = <T>(format: Format, rows: readonly T[], columns: readonly Column<T>[]): string =>
  format === 'table' ? table(columns, rows) : data(format, rows);

export const one = (format: Format, value: unknown, fields: readonly Field[]): string =>
  format === 'table' ? fieldLines(fields) : data(format, value);

/** The format asked for on a command line that may not even parse; `table` when in doubt. */
export function formatIn(argv: readonly string[]): Format {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const asked = words.map((word, index) => {
    if (word === '-o' || word === '--output') return words[index + 1];
    return /^(?:-o=?|--output=)(.+)$/.exec(word)?.[1];
  });
  return formats.find((format) => asked.includes(format)) ?? 'table';
}
