/** `blanket tunnel …`, and the key of a host's tunnels. */
import type { Command } from 'commander';
import type { Tunnel } from '../../wire/routes/network.ts';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { telling } from '../patience.ts';
import { data } from '../print/format.ts';
import { type Column, table } from '../print/table.ts';
import { bytesText, roughText } from '../print/units.ts';
import { noteProblems } from '../print/warnings.ts';

const columns: Column<Tunnel>[] = [
  { title: 'HOSTS', value: ({ hosts }) => hosts.join(' – ') },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'VIA', value: ({ via }) => via ?? '' },
  {
    title: 'HANDSHAKE',
    value: ({ handshakeSecondsAgo: ago }) => (ago === null ? '' : `${roughText(ago * 1000)} ago`),
    align: 'right',
  },
  { title: 'TRAFFIC', value: ({ bytes }) => bytesText(bytes), align: 'right' },
];

export function addTunnelCommands(program: Command, cli: Cli): void {
  const tunnel = program.command('tunnel').description('encrypted ways between hosts');
  const list = tunnel
    .command('list')
    .description('show how each two hosts reach each other, asked of them now')
    .action(async () => {
      const found = await (await cli.client()).call('tunnel.list', {}, telling);
      cli.print(cli.format === 'table' ? table(columns, found.tunnels) : data(cli.format, found));
      for (const { host, why } of found.silent) cli.note(`Host ${host} was not heard: ${why}`);
      noteProblems(cli, found.warnings);
      if (found.tunnels.length === 0) cli.note('No tunnels yet: there is one between each two hosts.');
    });
  examples(list, 'blanket tunnel list', 'blanket tunnel list -o json');
}

export function addRotateKey(host: Command, cli: Cli): void {
  const rotate = host
    .command('rotate-key')
    .description('give a host a new key for its tunnels; traffic goes on')
    .addArgument(nameArgument('name', 'name of the host'))
    .action(async (name: string) => {
      const changed = await (await cli.client()).call('host.rotate-key', { params: { name } }, telling);
      cli.note(`Host ${name} has a new key for its tunnels.`);
      if (cli.format !== 'table') cli.print(data(cli.format, changed));
    });
  examples(rotate, 'blanket host rotate-key east-1');
}
