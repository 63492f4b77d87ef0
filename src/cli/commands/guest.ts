/** `blanket guest …`: showing, starting, stopping and removing guests; the rest has files of its own. */
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import { confirm } from '../confirm.ts';
import { type ListOptions, listQuery, printList, withListOptions } from '../list-options.ts';
import { parseDuration } from '../parse/quantity.ts';
import { data } from '../print/format.ts';
import { guestColumns, printGuest } from '../print/guest.ts';
import { finish } from '../watch.ts';
import { addCreate } from './guest-create.ts';
import { addDiskCommands } from './guest-disk.ts';
import { addFirewall } from './guest-firewall.ts';
import { addForward } from './guest-forward.ts';
import { addPublish } from './guest-publish.ts';
import { addGuestSet } from './guest-set.ts';
import { addGuestSsh } from './guest-ssh.ts';

export function addGuestCommands(program: Command, cli: Cli): void {
  const guest = program.command('guest').description('guests: your VMs, on any host');
  addCreate(guest, cli);
  addLists(guest, cli);
  addStart(guest, cli);
  addStop(guest, cli);
  addGuestSet(guest, cli);
  addRemove(guest, cli);
  addDiskCommands(guest, cli);
  addFirewall(guest, cli);
  addPublish(guest, cli);
  addForward(guest, cli);
  addGuestSsh(guest, cli);
}

function addLists(guest: Command, cli: Cli): void {
  withListOptions(
    guest.command('list').description('list the guests'),
    'blanket guest list --filter host=east-1,state=running -q',
  ).action(async (options: ListOptions) => {
    const guests = await (await cli.client()).call('guest.list', { query: listQuery(options) });
    printList(cli, guests, guestColumns, options);
    if (guests.length === 0 && options.filter === undefined)
      cli.note('No guests yet. Next: blanket guest create NAME --image I --host H');
  });
  guest
    .command('show')
    .description('show one guest')
    .addArgument(nameArgument('name', 'name of the guest'))
    .action((name: string) => printGuest(cli, name));
}

function addStart(guest: Command, cli: Cli): void {
  guest
    .command('start')
    .description('start a guest')
    .addArgument(nameArgument('name', 'name of the guest'))
    .action(async (name: string) => {
      const client = await cli.client();
      const ended = await finish(cli, client, await client.call('guest.start', { params: { name } }));
      await printGuest(cli, name, ended);
    });
}

type StopOptions = { force?: true; timeout?: number };

function addStop(guest: Command, cli: Cli): void {
  const stop = guest
    .command('stop')
    .description('shut a guest down')
    .addArgument(nameArgument('name', 'name of the guest'))
    .option(
      '--force',
      'pull the plug: at once, or when it has not shut down in the time that --timeout gives it',
    )
    .option('--timeout <time>', 'how long it may take to shut down (default: 60s)', parseDuration)
    .action(async (name: string, { force, timeout = force ? 0 : undefined }: StopOptions) => {
      const body = given({ force, timeoutMs: timeout === undefined ? undefined : Math.round(timeout) });
      const client = await cli.client();
      await finish(cli, client, await client.call('guest.stop', { params: { name }, body }));
      await printGuest(cli, name);
    });
  examples(
    stop,
    'blanket guest stop web1',
    'blanket guest stop web1 --force',
    'blanket guest stop web1 --force --timeout 10s',
  );
}

function addRemove(guest: Command, cli: Cli): void {
  guest
    .command('remove')
    .description('remove a guest and its disks')
    .addArgument(nameArgument('name', 'name of the guest'))
    .option('--force', 'even while it runs')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: { force?: true; yes?: true }) => {
      await confirm(cli, `Guest ${name} and its disks will be gone for good.`, options.yes === true);
      const client = await cli.client();
      const query = options.force ? { force: 'true' } : {};
      const begun = await client.call('guest.remove', { params: { name }, query });
      const ended = await finish(cli, client, begun);
      cli.note(`Removed guest ${name}.`);
      if (cli.format !== 'table') cli.print(data(cli.format, ended));
    });
}
