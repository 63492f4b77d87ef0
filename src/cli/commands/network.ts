/** `blanket network …` */
import type { Command } from 'commander';
import type { Network } from '../../wire/resources.ts';
import type { ChangedNetwork } from '../../wire/routes/network.ts';
import { type Cli, printRemoved } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import { parseCount, parseName } from '../parse/words.ts';
import { telling } from '../patience.ts';
import { list, one } from '../print/format.ts';
import type { Column, Field } from '../print/table.ts';
import { ageText } from '../print/units.ts';
import { noteProblems } from '../print/warnings.ts';
import { addEgress } from './network-egress.ts';

/** With its state, unless that is as it should be. */
const egressText = ({ egress, egressState }: Network): string | undefined => {
  if (egress === null) return undefined;
  return egressState === 'ready' ? egress : `${egress} (${egressState ?? 'gone'})`;
};

const columns: Column<Network>[] = [
  { title: 'NAME', value: (network) => network.name },
  { title: 'SUBNET', value: (network) => network.subnet },
  { title: 'SUBNET6', value: (network) => network.subnet6 ?? '' },
  { title: 'OUTSIDE', value: (network) => (network.isolated ? 'no' : (egressText(network) ?? 'yes')) },
  { title: 'CONNECTED', value: ({ connected }) => connected.join(' ') },
  { title: 'VNI', value: (network) => String(network.vni), align: 'right' },
  { title: 'MTU', value: (network) => String(network.mtu), align: 'right' },
  { title: 'GUESTS', value: (network) => String(network.guests), align: 'right' },
  { title: 'AGE', value: (network) => ageText(network.createdAt), align: 'right' },
];

function outsideText(network: Network): string {
  if (network.isolated) return 'no: its guests do not reach the world';
  return `yes, through ${egressText(network) ?? 'their host'}`;
}

const fields = (network: Network): Field[] => [
  ['name', network.name],
  ['subnet', network.subnet],
  ['subnet6', network.subnet6],
  ['gateway', [network.gateway, network.gateway6].filter((address) => address !== null).join(' ')],
  ['outside', outsideText(network)],
  ['connected', network.connected.length === 0 ? null : network.connected.join(' ')],
  ['vni', String(network.vni)],
  ['mtu', String(network.mtu)],
  ['guests', String(network.guests)],
  ['created', network.createdAt],
];

const print = (cli: Cli, network: Network): void => cli.print(one(cli.format, network, fields(network)));

/** Warnings on stderr, and in data where there are any. */
function printChanged(cli: Cli, { warnings, ...network }: ChangedNetwork): void {
  noteProblems(cli, warnings);
  const value = warnings.length === 0 ? network : { ...network, warnings };
  print(cli, value);
}

export function addNetworkCommands(program: Command, cli: Cli): void {
  const network = program.command('network').description('networks of guests, the same on every host');
  addCreate(network, cli);
  addLists(network, cli);
  addEgress(network, cli, (changed) => printChanged(cli, changed));
  addConnect(network, cli);
  addRemove(network, cli);
}

type CreateOptions = { subnet: string; subnet6?: string; isolated?: true; egress?: string; mtu?: number };

function addCreate(network: Command, cli: Cli): void {
  const create = network
    .command('create')
    .description('create a guest network')
    .addArgument(nameArgument('name', 'name of the new network'))
    .requiredOption('--subnet <cidr>', 'addresses of its guests, private ones, like 10.77.0.0/24')
    .option('--subnet6 <cidr>', 'IPv6 addresses as well, a private /64 like fd77::/64')
    .option('--isolated', 'its guests do not reach the world')
    .option('--egress <host>', 'all its guests reach the world through this host', parseName)
    .option('--mtu <bytes>', 'largest packet of its guests (default: what the tunnels carry)', parseCount)
    .action(async (name: string, { subnet, ...rest }: CreateOptions) => {
      const body = { name, subnet, ...given(rest) };
      printChanged(cli, await (await cli.client()).call('network.create', { body }, telling));
    });
  examples(
    create,
    'blanket network create lan --subnet 10.77.0.0/24',
    'blanket network create lan --subnet 10.77.0.0/24 --egress east-1',
    'blanket network create lab --subnet 10.78.0.0/24 --subnet6 fd78::/64 --isolated',
  );
}

function addLists(network: Command, cli: Cli): void {
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
    .command('show')
    .description('show one network')
    .addArgument(nameArgument('name', 'name of the network'))
    .action(async (name: string) =>
      print(cli, await (await cli.client()).call('network.show', { params: { name } })),
    );
}

const bonds = [
  ['connect', "let two networks' guests reach each other"],
  ['disconnect', 'part two networks again'],
] as const;

function addConnect(network: Command, cli: Cli): void {
  for (const [verb, description] of bonds) {
    const command = network
      .command(verb)
      .description(description)
      .addArgument(nameArgument('name', 'name of a network'))
      .addArgument(nameArgument('other', 'name of the other'))
      .action(async (name: string, other: string) => {
        const client = await cli.client();
        printChanged(cli, await client.call(`network.${verb}`, { params: { name, other } }, telling));
      });
    examples(command, `blanket network ${verb} lan lab`);
  }
}

function addRemove(network: Command, cli: Cli): void {
  network
    .command('remove')
    .description('remove a network that no guest uses')
    .addArgument(nameArgument('name', 'name of the network'))
    .action(async (name: string) => {
      const client = await cli.client();
      const { warnings } = await client.call('network.remove', { params: { name } }, telling);
      noteProblems(cli, warnings);
      printRemoved(cli, 'network', name, warnings);
    });
}
