/** `blanket host probe` */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { nameArgument } from '../command.ts';
import { printHost } from '../print/host.ts';
import { finish } from '../watch.ts';

export function addProbe(host: Command, cli: Cli): void {
  host
    .command('probe')
    .description('boot the probe guest with each engine and choose one')
    .addArgument(nameArgument('name', 'name of the host'))
    .action(async (name: string) => {
      const client = await cli.client();
      await finish(cli, client, await client.call('host.probe', { params: { name } }));
      await printHost(cli, name);
    });
}
