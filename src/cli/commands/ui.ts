/** `blanket ui`: the web console, for a browser on this machine. */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { examples } from '../command.ts';
import { data } from '../print/format.ts';

export function addUiCommand(program: Command, cli: Cli): void {
  const ui = program
    .command('ui')
    .description('open the web console on this machine; prints an address that lets one browser in')
    .action(async () => {
      const made = await (await cli.client()).call('session.ticket');
      cli.print(cli.format === 'table' ? `${made.url}\n` : data(cli.format, made));
      cli.note('Open it in a browser on this machine within a minute; it works once. From elsewhere: docs/web.md.');
    });
  examples(ui, 'blanket ui', 'xdg-open "$(blanket ui)"');
}
