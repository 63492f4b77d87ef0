/** `blanket host conform` */
import type { Command } from 'commander';
import { api } from '../../wire/api.ts';
import type { Cli } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import { parseWholeMs } from '../parse/quantity.ts';
import { printConformance } from '../print/conformance.ts';
import { durationText } from '../print/units.ts';
import { finish, printDetached } from '../watch.ts';

type Options = { last?: true; reboot: boolean; bootTimeout?: number; detach?: true };

/** The suite ran to its end, and a check failed. No error has this code. */
const failedExit = 9;

const defaults = api['host.conform'].body.parse({});

export function addConform(host: Command, cli: Cli): void {
  const command = host
    .command('conform')
    .description('measure what a host must be able to do, reboot it, and measure again')
    .addArgument(nameArgument('name', 'name of the host'))
    .option('--last', 'show what the last run found, and measure nothing')
    .option('--no-reboot', 'measure once; nothing is said about what a reboot keeps')
    .option(
      '--boot-timeout <time>',
      `how long its reboot may take (default: ${durationText(defaults.bootTimeoutMs)})`,
      parseWholeMs,
    )
    .option('--detach', 'print the id of the operation and do not wait')
    .action((name: string, options: Options) => conform(cli, name, options));
  examples(
    command,
    'blanket host conform east-1',
    'blanket host conform east-1 --no-reboot -o json',
    'blanket host conform east-1 --last',
  );
  command.addHelpText('after', `\nExit code ${failedExit}: the suite ran to its end and a check failed.`);
}

async function conform(cli: Cli, name: string, options: Options): Promise<void> {
  const client = await cli.client();
  if (!options.last) {
    const body = { reboot: options.reboot, ...given({ bootTimeoutMs: options.bootTimeout }) };
    const begun = await client.call('host.conform', { params: { name }, body });
    if (options.detach) return printDetached(cli, begun);
    await finish(cli, client, begun);
  }
  const record = await client.call('host.conformance', { params: { name } });
  printConformance(cli, record);
  if (!record.ok) cli.exitCode = failedExit;
}
