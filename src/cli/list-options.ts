/** What lists of guests, hosts and operations let a person choose. */
import type { Command } from 'commander';
import { BlanketError } from '../wire/errors.ts';
import type { Cli } from './cli.ts';
import { examples, given } from './command.ts';
import { parseCount } from './parse/words.ts';
import { list } from './print/format.ts';
import type { Column } from './print/table.ts';

export type ListOptions = {
  filter?: string;
  sort?: string;
  limit?: number;
  columns?: string;
  quiet?: true;
};

export const withListOptions = (command: Command, example: string): Command =>
  examples(
    command
      .option('--filter <conditions>', 'only rows with FIELD=VALUE or FIELD!=VALUE; several after commas')
      .option('--sort <field>', 'by this field of -o json; with - before it from the end')
      .option('--limit <count>', 'so many rows at most', parseCount)
      .option('--columns <titles>', 'these columns of the table, after commas')
      .option('-q, --quiet', 'names alone, one a line'),
    example,
  );

/** The part that control is asked. */
export const listQuery = ({ filter, sort, limit }: ListOptions) => given({ filter, sort, limit });

/** @param columns the first of which names a row */
export function printList<T>(
  cli: Cli,
  rows: readonly T[],
  columns: readonly Column<T>[],
  options: ListOptions,
) {
  const [name] = columns;
  if (options.quiet && name !== undefined)
    return cli.print(rows.map((row) => `${name.value(row)}\n`).join(''));
  cli.print(list(cli.format, rows, chosen(columns, options.columns)));
}

function chosen<T>(columns: readonly Column<T>[], titles: string | undefined): readonly Column<T>[] {
  if (titles === undefined) return columns;
  return titles.split(',').map((title) => {
    const found = columns.find((column) => column.title === title.toUpperCase());
    if (found !== undefined) return found;
    throw new BlanketError('list.no-column', `There is no column ${title}.`, {
      kind: 'usage',
      next: `Choose of ${columns.map((column) => column.title.toLowerCase()).join(', ')}.`,
    });
  });
}
