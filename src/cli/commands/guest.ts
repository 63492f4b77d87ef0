/** `blanket guest …`: making, showing, starting, stopping and removing guests. */
import { type Command, Option } from 'commander';
import { api } from '../../wire/api.ts';
import { type CpuChoice, cpuChoices } from '../../wire/cpu.ts';
import type { Guest, Operation } from '../../wire/resources.ts';
import type { Cli } from '../cli.ts';
import { examples, given, nameArgument } from '../command.ts';
import { confirm } from '../confirm.ts';
import { parseDisk, parseDuration, parseMemory } from '../parse/quantity.ts';
import { parseCount, parseName } from '../parse/words.ts';
import { data, list, one } from '../print/format.ts';
import type { Column, Field } from '../print/table.ts';
import { ageText, bytesText } from '../print/units.ts';
import { withWarnings } from '../print/warnings.ts';
import { finish, printDetached } from '../watch.ts';
import { addForward } from './guest-forward.ts';

const mebi = 1024 ** 2;
const gibi = 1024 ** 3;

const addresses = (guest: Guest): string => guest.nics.map((nic) => nic.address).join(' ');

const columns: Column<Guest>[] = [
  { title: 'NAME', value: (guest) => guest.name },
  { title: 'STATE', value: (guest) => guest.state },
  { title: 'HOST', value: (guest) => guest.host },
  { title: 'IMAGE', value: (guest) => guest.image },
  { title: 'ENGINE', value: (guest) => guest.engine },
  { title: 'VCPUS', value: (guest) => String(guest.vcpus), align: 'right' },
  { title: 'MEMORY', value: (guest) => bytesText(guest.memoryMiB * mebi), align: 'right' },
  { title: 'ADDRESS', value: addresses },
  { title: 'AGE', value: (guest) => ageText(guest.createdAt), align: 'right' },
];

const cpuText = ({ cpu }: Guest): string | null => {
  if (cpu === null) return null;
  const { choice, model, features, nested } = cpu;
  return `${choice}: ${model} with ${features.length} features${nested ? ', nested virtualization' : ''}`;
};

const fields = (guest: Guest): Field[] => [
  ['name', guest.name],
  ['state', guest.state],
  ['host', guest.host],
  ['image', `${guest.image} (${guest.digest.slice(0, 19)})`],
  ['engine', guest.engine],
  ['vcpus', String(guest.vcpus)],
  ['cpu', cpuText(guest)],
  ['memory', bytesText(guest.memoryMiB * mebi)],
  ['disk', bytesText(guest.diskBytes)],
  ...guest.nics.map((nic): Field => ['nic', `${nic.address} on ${nic.network} (${nic.mac})`]),
  ['uuid', guest.uuid],
  ['created', guest.createdAt],
];

export function addGuestCommands(program: Command, cli: Cli): void {
  const guest = program.command('guest').description('guests: your VMs, on any host');
  addCreate(guest, cli);
  addLists(guest, cli);
  addStart(guest, cli);
  addStop(guest, cli);
  addRemove(guest, cli);
  addForward(guest, cli);
}

function addLists(guest: Command, cli: Cli): void {
  guest
    .command('list')
    .description('list the guests')
    .action(async () => {
      const guests = await (await cli.client()).call('guest.list');
      cli.print(list(cli.format, guests, columns));
      if (guests.length === 0) cli.note('No guests yet. Next: blanket guest create NAME --image I --host H');
    });
  guest
    .command('show')
    .description('show one guest')
    .addArgument(nameArgument('name', 'name of the guest'))
    .action((name: string) => print(cli, name));
}

/** @param after the operation that has just ended on it. */
async function print(cli: Cli, name: string, after?: Operation): Promise<void> {
  const guest = await (await cli.client()).call('guest.show', { params: { name } });
  const shown = after === undefined ? guest : withWarnings(guest, after);
  cli.print(one(cli.format, shown, fields(guest)));
}

type CreateOptions = {
  image: string;
  host: string;
  network?: string;
  vcpus?: number;
  memory?: number;
  disk?: number;
  start: boolean;
  cpu?: CpuChoice;
  nested?: true;
  detach?: true;
};

const sizes = api['guest.create'].body.parse({ name: 'x', image: 'x', host: 'x' });

function addCreate(guest: Command, cli: Cli): void {
  const create = guest
    .command('create')
    .description('create a guest and start it')
    .addArgument(nameArgument('name', 'name of the new guest'))
    .requiredOption('--image <image>', 'image its disk begins as', parseName)
    .requiredOption('--host <host>', 'host it runs on first', parseName)
    .option('--network <network>', 'network its card is in (default: the only one there is)', parseName)
    .option('--vcpus <count>', `virtual CPUs (default: ${sizes.vcpus})`, parseCount)
    .option('--memory <size>', `memory (default: ${bytesText(sizes.memoryMiB * mebi)})`, parseMemory)
    .option('--disk <size>', `size of its disk (default: ${bytesText(sizes.diskGiB * gibi)})`, parseDisk)
    .addOption(
      new Option('--cpu <cpu>', `CPU it is shown, for good (default: ${sizes.cpu})`).choices(cpuChoices),
    )
    .option('--nested', 'let it run guests of its own')
    .option('--no-start', 'leave it stopped')
    .option('--detach', 'print the id of the operation and do not wait')
    .action(async (name: string, options: CreateOptions) => {
      const { image, host, network, vcpus, start, cpu, nested } = options;
      const size = given({ network, vcpus, cpu, nested, memoryMiB: options.memory, diskGiB: options.disk });
      const client = await cli.client();
      const begun = await client.call('guest.create', { body: { name, image, host, start, ...size } });
      if (options.detach) return printDetached(cli, begun);
      const ended = await finish(cli, client, begun);
      await print(cli, name, ended);
    });
  examples(
    create,
    'blanket guest create web1 --image counter --host east --network lan',
    'blanket guest create wide --image counter --host east --cpu baseline',
    'blanket guest create big --image debian --host east --vcpus 2 --memory 1G --disk 8G --no-start',
  );
}

function addStart(guest: Command, cli: Cli): void {
  guest
    .command('start')
    .description('start a guest')
    .addArgument(nameArgument('name', 'name of the guest'))
    .action(async (name: string) => {
      const client = await cli.client();
      const ended = await finish(cli, client, await client.call('guest.start', { params: { name } }));
      await print(cli, name, ended);
    });
}

function addStop(guest: Command, cli: Cli): void {
  const stop = guest
    .command('stop')
    .description('shut a guest down')
    .addArgument(nameArgument('name', 'name of the guest'))
    .option('--force', 'pull the plug when it does not shut down')
    .option('--timeout <time>', 'how long it may take (default: 60s)', parseDuration)
    .action(async (name: string, options: { force?: true; timeout?: number }) => {
      const body = given({ force: options.force, timeoutMs: options.timeout && Math.round(options.timeout) });
      const client = await cli.client();
      await finish(cli, client, await client.call('guest.stop', { params: { name }, body }));
      await print(cli, name);
    });
  examples(stop, 'blanket guest stop web1', 'blanket guest stop web1 --force --timeout 10s');
}

function addRemove(guest: Command, cli: Cli): void {
  guest
    .command('remove')
    .description('remove a guest and its disk')
    .addArgument(nameArgument('name', 'name of the guest'))
    .option('--force', 'even while it runs')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, options: { force?: true; yes?: true }) => {
      await confirm(cli, `Guest ${name} and its disk will be gone for good.`, options.yes === true);
      const client = await cli.client();
      const query = options.force ? { force: 'true' } : {};
      const begun = await client.call('guest.remove', { params: { name }, query });
      const ended = await finish(cli, client, begun);
      cli.note(`Removed guest ${name}.`);
      if (cli.format !== 'table') cli.print(data(cli.format, ended));
    });
}
