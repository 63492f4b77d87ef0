/** `blanket network egress`: the host through which a network's guests reach the world. */
import { Argument, type Command } from 'commander';
import { BlanketError } from '../../wire/errors.ts';
import type { ChangedNetwork } from '../../wire/routes/network.ts';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { parseName } from '../parse/words.ts';
import { telling } from '../patience.ts';

/** @param print shows the network after the change. */
export function addEgress(network: Command, cli: Cli, print: (changed: ChangedNetwork) => void): void {
  const egress = network
    .command('egress')
    .description('choose the host through which all guests of a network reach the world')
    .addArgument(nameArgument('name', 'name of the network'))
    .addArgument(new Argument('[host]', 'name of the host').argParser(parseName))
    .option('--each', 'each guest through the host that it is on')
    .action(async (name: string, host: string | undefined, { each }: { each?: true }) => {
      if ((host === undefined) === (each === undefined)) throw oneOfBoth(name);
      const client = await cli.client();
      const request = { params: { name }, body: { host: host ?? null } };
      const changed = await client.call('network.egress', request, telling);
      if (changed.guests > 0) cli.note('What its guests have open to the world by another way ends.');
      print(changed);
    });
  examples(egress, 'blanket network egress lan west-1', 'blanket network egress lan --each');
}

const oneOfBoth = (name: string): BlanketError =>
  new BlanketError('usage.egress', 'Name either a host or --each.', {
    kind: 'usage',
    next: `\`blanket network egress ${name} HOST\`, or \`blanket network egress ${name} --each\`.`,
  });
