/** `blanket guest disk …`: the disks that a guest has beside its root disk, and how large each is. */
import type { Command } from 'commander';
import type { Client } from '../../api-client/client.ts';
import type { DiskWish } from '../../wire/disk.ts';
import type { HeldDisk } from '../../wire/methods/disk.ts';
import type { Operation } from '../../wire/resources.ts';
import type { Cli } from '../cli.ts';
import { examples, nameArgument } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseDiskName, parseNamedDisk } from '../parse/disk.ts';
import { list } from '../print/format.ts';
import { printGuest } from '../print/guest.ts';
import type { Column } from '../print/table.ts';
import { bytesText } from '../print/units.ts';
import { finish } from '../watch.ts';

const columns: Column<HeldDisk>[] = [
  { title: 'NAME', value: (disk) => disk.name },
  { title: 'TARGET', value: (disk) => disk.target },
  { title: 'SIZE', value: (disk) => bytesText(disk.bytes), align: 'right' },
  { title: 'ON HOST', value: (disk) => bytesText(disk.allocated), align: 'right' },
];

export function addDiskCommands(guest: Command, cli: Cli): void {
  const disk = guest.command('disk').description('disks of a guest: more of them, and larger ones');
  addList(disk, cli);
  addAdd(disk, cli);
  addGrow(disk, cli);
  addRemove(disk, cli);
}

const guestArgument = () => nameArgument('guest', 'name of the guest');

async function change(cli: Cli, guest: string, ask: (client: Client) => Promise<Operation>): Promise<void> {
  const client = await cli.client();
  const ended = await finish(cli, client, await ask(client));
  await printGuest(cli, guest, ended);
}

function addList(disk: Command, cli: Cli): void {
  const command = disk
    .command('list')
    .description('list the disks of a guest, with what they take on its host')
    .addArgument(guestArgument())
    .action(async (name: string) => {
      const disks = await (await cli.client()).call('disk.list', { params: { name } });
      cli.print(list(cli.format, disks, columns));
    });
  examples(command, 'blanket guest disk list db1', 'blanket guest disk list db1 -o json');
}

function addAdd(disk: Command, cli: Cli): void {
  const command = disk
    .command('add')
    .description('give a stopped guest one more disk, an empty one')
    .addArgument(guestArgument())
    .argument('<disk>', 'name=size; the guest sees the name as the serial number', parseNamedDisk)
    .action((name: string, body: DiskWish) =>
      change(cli, name, (client) => client.call('disk.add', { params: { name }, body })),
    );
  examples(
    command,
    'blanket guest disk add db1 data=20G',
    'blanket guest ssh db1 -- ls -l /dev/disk/by-id/virtio-data',
  );
}

function addGrow(disk: Command, cli: Cli): void {
  const command = disk
    .command('grow')
    .description('make a disk larger, also while the guest runs; not while it migrates')
    .addArgument(guestArgument())
    .argument('<disk>', 'name=size, its new size; the root disk is named root', parseNamedDisk)
    .action((name: string, { name: grown, bytes }: DiskWish) =>
      change(cli, name, (client) =>
        client.call('disk.grow', { params: { name, disk: grown }, body: { bytes } }),
      ),
    );
  examples(command, 'blanket guest disk grow db1 data=40G', 'blanket guest disk grow db1 root=8G');
}

function addRemove(disk: Command, cli: Cli): void {
  const command = disk
    .command('remove')
    .description('take a disk from a stopped guest, and delete it')
    .addArgument(guestArgument())
    .argument('<disk>', 'name of the disk', parseDiskName)
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, gone: string, { yes }: { yes?: true }) => {
      await confirm(cli, `Disk ${gone} of ${name} and all on it will be gone for good.`, yes === true);
      await change(cli, name, (client) => client.call('disk.remove', { params: { name, disk: gone } }));
    });
  examples(command, 'blanket guest disk remove db1 wal');
}
