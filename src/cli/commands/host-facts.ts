/** `blanket host facts` */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { nameArgument } from '../command.ts';
import { data } from '../print/format.ts';

export function addFacts(host: Command, cli: Cli): void {
  host
    .command('facts')
    .description('show what was read of a host, and what the drivers make of it')
    .addArgument(nameArgument('name', 'name of the host'))
    .action(async (name: string) => {
      const facts = await (await cli.client()).call('host.facts', { params: { name } });
      cli.print(data(cli.format === 'json' ? 'json' : 'yaml', facts));
    });
}
