/** `blanket network …` */
import type { Command } from 'commander';
import type { Network } from '../../wire/resources.ts';
import { type Cli, printRemoved } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { list, one } from '../print/format.ts';
import type { Column, Field } from '../print/table.ts';
import { ageText } from '../print/units.ts';

const columns: Column<Network>[] = [
  { title: 'NAME', value: (network) => network.name },
  { title: 'SUBNET', value: (network) => network.subnet },
  { title: 'VNI', value: (network) => String(network.vni), align: 'right' },
  { title: 'GUESTS', value: (network) => String(network.guests), align: 'right' },
  { title: 'AGE', value: (network) => ageText(network.createdAt), align: 'right' },
];

const fields = (network: Network): Field[] => [
  ['name', network.name],
  ['subnet', network.subnet],
  ['vni', String(network.vni)],
  ['guests', String(network.guests)],
  ['created', network.createdAt],
];

export function addNetworkCommands(program: Command, cli: Cli): void {
  const network = program.command('network').description('networks of guests, the same on every host');
  const create = network
    .command('create')
    .description('create a guest network')
    .addArgument(nameArgument('name', 'name of the new network'))
    .requiredOption('--subnet <cidr>', 'addresses of its guests, like 10.77.0.0/24')
    .action(async (name: string, { subnet }: { subnet: string }) => {
      const made = await (await cli.client()).call('network.create', { body: { name, subnet } });
      cli.print(one(cli.format, made, fields(made)));
    });
  examples(create, 'blanket network create lan --subnet 10.77.0.0/24');
  network
    .command('list')
    .description('list the networks')
    .action(async () => {
      const networks = await (await cli.client()).call('network.list');
      cli.print(list(cli.format, networks, columns));
      if (networks.length === 0) {
        cli.note('No networks yet. Next: blanket network create NAME --subnet 10.77.0.0/24');
      }
    });
  network
    .command('remove')
    .description('remove a network that no guest uses')
    .addArgument(nameArgument('name', 'name of the network'))
    .action(async (name: string) => {
      await (await cli.client()).call('network.remove', { params: { name } });
      printRemoved(cli, 'network', name);
    });
}
