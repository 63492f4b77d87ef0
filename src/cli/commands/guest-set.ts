/** `blanket guest set`: what all migrations of a guest are to keep to, where their command says nothing else. */
import type { Command } from 'commander';
import type { ObjectiveChange } from '../../wire/objective.ts';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { addObjectiveOptions, type ObjectiveOptions, objectiveWish } from '../objective-options.ts';
import { printGuest } from '../print/guest.ts';

type Options = ObjectiveOptions & { reset?: true };

const nothing: ObjectiveChange = {
  ...{ maxDowntimeMs: null, maxTotalMs: null, onTimeout: null },
  ...{ bandwidthBps: null, mode: null, autoConverge: null, connections: null, compress: null },
  verifyDisk: null,
};

export function addGuestSet(guest: Command, cli: Cli): void {
  const set = guest
    .command('set')
    .description('set what migrations of a guest keep to; an option of `blanket migrate` goes before it')
    .addArgument(nameArgument('name', 'name of the guest'));
  addObjectiveOptions(set)
    .option('--reset', 'forget what was set before')
    .action((name: string, options: Options) => run(cli, name, options));
  examples(
    set,
    'blanket guest set web1 --max-downtime 100ms',
    'blanket guest set db1 --max-total 30m --on-timeout pause --no-auto-converge',
    'blanket guest set web1 --compress none --connections 4',
    'blanket guest set web1 --reset',
  );
}

async function run(cli: Cli, name: string, { reset, ...options }: Options): Promise<void> {
  const body = { ...(reset && nothing), ...objectiveWish(options) };
  const client = await cli.client();
  if (Object.keys(body).length > 0) await client.call('guest.objective', { params: { name }, body });
  await printGuest(cli, name);
}
