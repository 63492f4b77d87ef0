/** `blanket drain`, and `blanket host undrain`, which ends it. */
import type { Command } from 'commander';
import { api } from '../../wire/api.ts';
import type { Operation } from '../../wire/resources.ts';
import { type DrainedGuest, type DrainResult, drainResultSchema } from '../../wire/routes/drain.ts';
import type { Cli } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import { parseCount, parseName } from '../parse/words.ts';
import { data, one } from '../print/format.ts';
import { hostFields } from '../print/host.ts';
import { outcomeError } from '../print/operation.ts';
import { type Column, table } from '../print/table.ts';
import { noteWarnings } from '../print/warnings.ts';
import { printDetached, watch } from '../watch.ts';

type Options = { to?: string[]; parallel?: number; stopped?: true; detach?: true };

const defaults = api['host.drain'].body.parse({});

const columns: Column<DrainedGuest>[] = [
  { title: 'GUEST', value: ({ guest }) => guest },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'TO', value: ({ to, state }) => (state === 'gone' && to !== null ? to : '') },
  { title: 'OPERATION', value: ({ operation }) => operation ?? '' },
  { title: 'WHY', value: ({ problem }) => problem?.message ?? '' },
];

export function addDrainCommand(program: Command, cli: Cli): void {
  const command = program
    .command('drain')
    .description('migrate all guests away from a host, and let none come: it is in maintenance then')
    .addArgument(nameArgument('host', 'name of the host'))
    .option(
      '--to <host...>',
      'only to these hosts (default: to any that fits)',
      (name, others: string[] = []) => [...others, parseName(name)],
    )
    .option('--parallel <count>', `migrations at a time, at most (default: ${defaults.parallel})`, parseCount)
    .option('--stopped', 'take stopped guests along; they stay stopped')
    .option('--detach', 'print the id of the operation and do not wait')
    .action((host: string, options: Options) => drain(cli, host, options));
  examples(
    command,
    'blanket drain east-1',
    'blanket drain east-1 --to west-1 --to west-2 --parallel 1',
    'blanket drain east-1 --stopped',
    'blanket drain east-1 --detach',
    'blanket host undrain east-1',
  );
  command.addHelpText(
    'after',
    `
The largest guest goes first, to the host with the most memory free. A guest that cannot go is told of,
and the rest goes on; the same command again goes on with those that are left. Ctrl-C cancels the
migrations under way. The host stays in maintenance until \`blanket host undrain\`.

Stopped guests stay, and are named; with --stopped they go as well, after the others.

Exit code 0: no guest runs there any more (with --stopped: none is there). 5: none could go. 6: some stay, as they were.
7: a guest needs attention.`,
  );
}

async function drain(cli: Cli, host: string, options: Options): Promise<void> {
  const client = await cli.client();
  const body = given({ to: options.to, parallel: options.parallel, stopped: options.stopped });
  const begun = await client.call('host.drain', { params: { name: host }, body });
  if (options.detach) return printDetached(cli, begun);
  cli.note(`Draining ${host} (operation ${begun.id}).`);
  const ended = await watch(cli, client, begun.id, 'cancel');
  noteWarnings(cli, ended);
  print(cli, ended);
  const error = outcomeError(ended);
  if (error !== undefined) throw error;
  cli.note(`${host} is in maintenance until \`blanket host undrain ${host}\`.`);
}

function print(cli: Cli, operation: Operation): void {
  const result: DrainResult | undefined = drainResultSchema.safeParse(operation.result).data;
  const { id, state } = operation;
  if (cli.format !== 'table') cli.print(data(cli.format, { operation: id, state, ...result }));
  else if (result !== undefined && result.guests.length > 0) cli.print(table(columns, result.guests));
}

export function addUndrain(host: Command, cli: Cli): void {
  const undrain = host
    .command('undrain')
    .description("end a host's maintenance: guests may come again")
    .addArgument(nameArgument('name', 'name of the host'))
    .action(async (name: string) => {
      const now = await (await cli.client()).call('host.undrain', { params: { name } });
      cli.print(one(cli.format, now, hostFields(now)));
    });
  examples(undrain, 'blanket host undrain east-1');
}
