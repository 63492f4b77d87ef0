/** `blanket host probe` */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { printHost } from '../print/host.ts';
import { finish } from '../watch.ts';

export function addProbe(host: Command, cli: Cli): void {
  const probe = host
    .command('probe')
    .description('boot the probe guest with each engine and choose one')
    .addArgument(nameArgument('name', 'name of the host'))
    .action(async (name: string) => {
      const client = await cli.client();
      const before = (await client.call('host.show', { params: { name } })).probe?.at;
      const begun = await client.call('host.probe', { params: { name } });
      try {
        await finish(cli, client, begun);
      } catch (error) {
        // A proof that found no engine usable is worth reading too; any other end has left none behind.
        const { probe } = await client.call('host.show', { params: { name } });
        if (probe !== null && probe.at !== before) await printHost(cli, name);
        throw error;
      }
      await printHost(cli, name);
    });
  examples(probe, 'blanket host probe east-1', 'blanket host probe east-1 -o json');
}
